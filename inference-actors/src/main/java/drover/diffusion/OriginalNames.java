package drover.diffusion;

import drover.weights.RenamedWeights.Stored;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key names under which the authors of Stable Diffusion and SDXL published their models, by the names that diffusers
 * gave them, which the graphs use.
 */
final class OriginalNames {
    private static final String UNET = "model.diffusion_model.";
    /** Before the keys of an autoencoder in a whole checkpoint. */
    static final String VAE = "first_stage_model.";

    private static final String CONTROL = "control_model.";

    private static final Pattern CONTROL_SKIP = Pattern.compile("controlnet_down_blocks\\.(\\d+)\\.(.*)");
    private static final Pattern HINT_BLOCK = Pattern.compile("controlnet_cond_embedding\\.blocks\\.(\\d+)\\.(.*)");

    private static final Pattern UNET_BLOCK =
            Pattern.compile("(down|up)_blocks\\.(\\d+)\\.(resnets|attentions|downsamplers|upsamplers)\\.(\\d+)\\.(.*)");
    private static final Pattern UNET_MIDDLE = Pattern.compile("mid_block\\.(resnets|attentions)\\.(\\d+)\\.(.*)");
    private static final Pattern VAE_BLOCK = Pattern.compile(
            "(encoder|decoder)\\.(down|up)_blocks\\.(\\d+)\\.(resnets|downsamplers|upsamplers)\\.(\\d+)\\.(.*)");
    private static final Pattern VAE_MIDDLE =
            Pattern.compile("(encoder|decoder)\\.mid_block\\.(resnets|attentions)\\.(\\d+)\\.(.*)");
    private static final Pattern CLIP_LAYER = Pattern.compile("text_model\\.encoder\\.layers\\.(\\d+)\\.(.*)");

    private static final Map<String, String> UNET_PLAIN = Map.of(
            "conv_in", "input_blocks.0.0",
            "time_embedding.linear_1", "time_embed.0",
            "time_embedding.linear_2", "time_embed.2",
            "add_embedding.linear_1", "label_emb.0.0",
            "add_embedding.linear_2", "label_emb.0.2",
            "conv_norm_out", "out.0",
            "conv_out", "out.2");
    private static final Map<String, String> UNET_RESNET = Map.of(
            "norm1", "in_layers.0",
            "conv1", "in_layers.2",
            "time_emb_proj", "emb_layers.1",
            "norm2", "out_layers.0",
            "conv2", "out_layers.3",
            "conv_shortcut", "skip_connection");
    private static final Map<String, String> VAE_ATTENTION =
            Map.of("group_norm", "norm", "to_q", "q", "to_k", "k", "to_v", "v", "to_out.0", "proj_out");
    private static final Map<String, String> OPEN_CLIP_LAYER = Map.of(
            "layer_norm1", "ln_1",
            "layer_norm2", "ln_2",
            "mlp.fc1", "mlp.c_fc",
            "mlp.fc2", "mlp.c_proj",
            "self_attn.out_proj", "attn.out_proj");
    private static final List<String> FUSED = List.of("q_proj", "k_proj", "v_proj");

    private OriginalNames() {}

    /** Keys of the UNet. Blocks are numbered through: every residual block and every change of size counts. */
    static Function<String, Stored> unet(UNetConfig config) {
        return key -> Stored.plain(UNET + unet(config, key));
    }

    /** Keys of a ControlNet. */
    static Function<String, Stored> controlNet(UNetConfig config) {
        return key -> {
            Matcher skip = CONTROL_SKIP.matcher(key);
            Matcher hint = HINT_BLOCK.matcher(key);
            if (skip.matches()) {
                return Stored.plain(CONTROL + "zero_convs." + skip.group(1) + ".0." + skip.group(2));
            }
            if (hint.matches()) {
                int number = 2 * Integer.parseInt(hint.group(1)) + 2; // An activation lies between any two.
                return Stored.plain(CONTROL + "input_hint_block." + number + "." + hint.group(2));
            }
            return Stored.plain(CONTROL
                    + unet(config, key)
                            .replace("controlnet_mid_block", "middle_block_out.0")
                            .replace("controlnet_cond_embedding.conv_in", "input_hint_block.0")
                            .replace("controlnet_cond_embedding.conv_out", "input_hint_block.14"));
        };
    }

    private static String unet(UNetConfig config, String key) {
        Matcher block = UNET_BLOCK.matcher(key);
        if (block.matches()) {
            boolean down = block.group(1).equals("down");
            int number = Integer.parseInt(block.group(2));
            int part = Integer.parseInt(block.group(4));
            int blocks = config.layers().size();
            int index = down ? 1 : 0;
            for (int i = 0; i < number; i++) {
                index += config.layers().get(down ? i : blocks - 1 - i) + 1;
            }
            int last = index + config.layers().get(down ? number : blocks - 1 - number);
            String rest = block.group(5);
            return switch (block.group(3)) {
                case "resnets" ->
                    (down ? "input_blocks." : "output_blocks.") + (index + part) + ".0." + renamed(rest, UNET_RESNET);
                case "attentions" -> (down ? "input_blocks." : "output_blocks.") + (index + part) + ".1." + rest;
                case "downsamplers" -> "input_blocks." + last + ".0." + rest.replaceFirst("^conv", "op");
                default -> "output_blocks." + last + (config.upAttention().get(number) ? ".2." : ".1.") + rest;
            };
        }
        Matcher middle = UNET_MIDDLE.matcher(key);
        if (middle.matches()) {
            return middle.group(1).equals("attentions")
                    ? "middle_block.1." + middle.group(3)
                    : "middle_block." + 2 * Integer.parseInt(middle.group(2)) + "."
                            + renamed(middle.group(3), UNET_RESNET);
        }
        return renamed(key, UNET_PLAIN);
    }

    /**
     * Keys of the autoencoder.
     *
     * @param blocks how many blocks it has; the decoder's are numbered backwards
     */
    static Function<String, Stored> vae(int blocks) {
        return vae(VAE, blocks);
    }

    /** As {@link #vae(int)}, of a file that may hold nothing else and so has another prefix, or none. */
    static Function<String, Stored> vae(String prefix, int blocks) {
        // Its authors wrote the matrices of its attention as convolutions of one pixel.
        return key -> VAE_MIDDLE.matcher(key).matches() && key.contains(".attentions.")
                ? Stored.matrix(prefix + vae(blocks, key))
                : Stored.plain(prefix + vae(blocks, key));
    }

    private static String vae(int blocks, String key) {
        Matcher block = VAE_BLOCK.matcher(key);
        if (block.matches()) {
            int number = Integer.parseInt(block.group(3));
            boolean down = block.group(2).equals("down");
            String at = block.group(1) + "." + block.group(2) + "." + (down ? number : blocks - 1 - number) + ".";
            return switch (block.group(4)) {
                case "resnets" -> at + "block." + block.group(5) + "." + shortcut(block.group(6));
                case "downsamplers" -> at + "downsample." + block.group(6);
                default -> at + "upsample." + block.group(6);
            };
        }
        Matcher middle = VAE_MIDDLE.matcher(key);
        if (middle.matches()) {
            String at = middle.group(1) + ".mid.";
            int number = Integer.parseInt(middle.group(3)) + 1;
            return middle.group(2).equals("attentions")
                    ? at + "attn_" + number + "." + renamed(middle.group(4), VAE_ATTENTION)
                    : at + "block_" + number + "." + shortcut(middle.group(4));
        }
        return key.replace("conv_norm_out", "norm_out");
    }

    private static String shortcut(String rest) {
        return rest.replace("conv_shortcut", "nin_shortcut");
    }

    /** Keys of CLIP's own text encoder, which are diffusers' with a prefix. */
    static Function<String, Stored> clip(String prefix) {
        return key -> Stored.plain(prefix + key);
    }

    /** Keys of OpenCLIP's text encoder: query, key and value in one matrix, and the projection on its side. */
    static Function<String, Stored> openClip(String prefix) {
        return key -> {
            Matcher layer = CLIP_LAYER.matcher(key);
            if (layer.matches()) {
                String at = prefix + "transformer.resblocks." + layer.group(1) + ".";
                String rest = layer.group(2);
                for (int third = 0; third < FUSED.size(); third++) {
                    String fused = "self_attn." + FUSED.get(third) + ".";
                    if (rest.startsWith(fused)) {
                        String name = at + "attn.in_proj_" + rest.substring(fused.length());
                        return Stored.third(name, third);
                    }
                }
                return Stored.plain(at + renamed(rest, OPEN_CLIP_LAYER));
            }
            return switch (key) {
                case "text_projection.weight" -> Stored.transposed(prefix + "text_projection");
                case "text_model.embeddings.position_embedding.weight" -> Stored.plain(prefix + "positional_embedding");
                case "text_model.embeddings.token_embedding.weight" -> Stored.plain(prefix + "token_embedding.weight");
                default -> Stored.plain(prefix + key.replace("text_model.final_layer_norm", "ln_final"));
            };
        };
    }

    /** Replaces all of a key but its last word, such as {@code weight}. */
    private static String renamed(String key, Map<String, String> names) {
        int dot = key.lastIndexOf('.');
        String stem = key.substring(0, Math.max(0, dot));
        return names.getOrDefault(stem, stem) + key.substring(Math.max(0, dot));
    }
}
