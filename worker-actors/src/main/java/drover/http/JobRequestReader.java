package drover.http;

import drover.client.JobRequest;
import drover.client.JobRequest.ControlOrder;
import drover.client.JobRequest.FaultOrder;
import drover.client.JobRequest.LoraOrder;
import drover.client.Problem.FieldError;
import java.util.ArrayList;
import java.util.List;

/** Reads a {@link JobRequest} from a body: every field known and of its type. What the values may be is checked later. */
final class JobRequestReader {
    private JobRequestReader() {}

    static JobRequest read(byte[] body) {
        List<FieldError> errors = new ArrayList<>();
        Fields fields = new Fields(StrictJson.read(body), "", errors);
        fields.require("prompt");
        JobRequest request = new JobRequest(
                fields.text("model"),
                fields.text("prompt").orElse(""),
                fields.text("negative_prompt"),
                fields.integer("width"),
                fields.integer("height"),
                fields.integer("steps"),
                fields.text("sampler"),
                fields.bool("karras"),
                fields.number("cfg_scale"),
                fields.longInteger("seed"),
                fields.integer("clip_skip"),
                fields.integer("count"),
                fields.text("format"),
                fields.integer("quality"),
                fields.text("priority"),
                fields.integer("deadline_seconds"),
                fields.text("source"),
                fields.text("mask"),
                fields.number("strength"),
                fields.bool("hires_fix"),
                fields.number("hires_strength"),
                fields.bool("tiling"),
                fields.objects("loras")
                        .map(all -> all.stream().map(JobRequestReader::lora).toList()),
                fields.texts("post_processing"),
                fields.object("control").map(JobRequestReader::control),
                fields.object("fault").map(JobRequestReader::fault));
        fields.nothingElse();
        if (!errors.isEmpty()) {
            throw ProblemException.of(Problems.REQUEST_INVALID, errors);
        }
        return request;
    }

    private static LoraOrder lora(Fields fields) {
        fields.require("file");
        LoraOrder lora = new LoraOrder(fields.text("file").orElse(""), fields.number("model"), fields.number("clip"));
        fields.nothingElse();
        return lora;
    }

    private static ControlOrder control(Fields fields) {
        fields.require("model");
        fields.require("image");
        ControlOrder control = new ControlOrder(
                fields.text("model").orElse(""),
                fields.text("image").orElse(""),
                fields.text("type"),
                fields.number("strength"),
                fields.bool("return_map"));
        fields.nothingElse();
        return control;
    }

    private static FaultOrder fault(Fields fields) {
        fields.require("kind");
        fields.require("phase");
        FaultOrder fault = new FaultOrder(
                fields.text("kind").orElse(""),
                fields.text("phase").orElse(""),
                fields.integer("step"),
                fields.bool("heartbeats"),
                fields.integer("attempts"));
        fields.nothingElse();
        return fault;
    }
}
