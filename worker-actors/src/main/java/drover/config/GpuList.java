package drover.config;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import drover.node.GpuSelection;
import java.util.List;

/**
 * Which GPUs get a node process: {@code auto}, {@code none}, or a list of numbers and of {@code cpu} for a node without
 * a GPU.
 */
final class GpuList implements Kind<GpuSelection> {
    private static final Kind<List<String>> LIST = Kinds.list(Kinds.text("a device", s -> true));

    @Override
    public String expected() {
        return "auto, none, or a list of GPU numbers and cpu, such as [0, 1] or [cpu]; no GPU twice";
    }

    @Override
    public GpuSelection read(ConfigValue value) throws Unfit {
        if (value.valueType() == ConfigValueType.STRING && value.unwrapped().equals("auto")) {
            return new GpuSelection.Auto();
        }
        if (value.valueType() == ConfigValueType.STRING && value.unwrapped().equals("none")) {
            return new GpuSelection.None();
        }
        try {
            return new GpuSelection.Listed(LIST.read(value));
        } catch (IllegalArgumentException e) {
            throw new Unfit();
        }
    }
}
