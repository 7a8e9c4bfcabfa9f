package drover.http;

import drover.client.JobRequest;
import drover.client.JobRequest.FaultOrder;
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
                fields.object("fault").map(JobRequestReader::fault));
        fields.nothingElse();
        if (!errors.isEmpty()) {
            throw ProblemException.of(Problems.REQUEST_INVALID, errors);
        }
        return request;
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
