package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.Script;
import drover.inference.EngineException;
import java.util.List;

/**
 * A model on disk: all its configurations and all its checkpoints' headers checked, and that its parts fit together, but
 * no weight read. Keeps the checkpoints open until closed.
 */
record PipelinePlan(
        NoiseSchedule schedule, PromptEncoder.Plan text, UNet2DConditionModel.Plan unet, AutoencoderKL.Plan vae)
        implements AutoCloseable {
    static PipelinePlan of(ModelSource model, DataType dtype, Holding holding) throws EngineException {
        Architecture architecture = model.architecture();
        NoiseSchedule schedule = NoiseSchedule.of(model.config("scheduler"));
        try (Closer opened = new Closer()) {
            PromptEncoder.Plan text =
                    opened.add(PromptEncoder.Plan.of(model, architecture, dtype, holding), PromptEncoder.Plan::close);
            UNet2DConditionModel.Plan unet = opened.add(
                    UNet2DConditionModel.Plan.of(model, "unet", dtype, holding), UNet2DConditionModel.Plan::close);
            AutoencoderKL.Plan vae =
                    opened.add(AutoencoderKL.Plan.of(model, "vae", dtype, holding), AutoencoderKL.Plan::close);
            PipelineFit.check(model, text, unet.config(), vae.config());
            opened.release();
            return new PipelinePlan(schedule, text, unet, vae);
        }
    }

    /** Bytes that the weights will take in memory. */
    long bytes() {
        return text.bytes() + unet.network().bytes() + vae.bytes();
    }

    /** Bytes that the weights would take in the type that the networks compute in, from the configurations alone. */
    static long bytesAsComputed(ModelSource model, DataType dtype) throws EngineException {
        long bytes = 0;
        for (String part : model.architecture().parts()) {
            ConfigFile config = model.config(part);
            List<Script> graphs = switch (part) {
                case "unet" -> List.of(UNetGraph.describe(UNetConfig.of(config), dtype));
                case "vae" -> {
                    VaeConfig vae = VaeConfig.of(config);
                    DataType own = vae.dtype(dtype);
                    yield List.of(VaeGraph.encoder(vae, own), VaeGraph.decoder(vae, own));
                }
                default -> List.of(ClipTextGraph.describe(ClipTextConfig.of(config), dtype));
            };
            bytes += graphs.stream().mapToLong(LoadedWeights::bytes).sum();
        }
        return bytes;
    }

    @Override
    public void close() {
        text.close();
        unet.close();
        vae.close();
    }
}
