package drover.inference;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Optional;

/** What is asked of an engine. Complete and validated: every default has been filled in before one is made. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes(@JsonSubTypes.Type(value = ImageRequest.class, name = "image"))
public sealed interface InferenceRequest extends CborSerializable permits ImageRequest {
    /** Name of the model in the catalogue. */
    String model();

    /** A fault to act out; only an engine made for that honours it. */
    Optional<FaultPlan> fault();
}
