package drover.horde;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a generation ended. */
public enum GenerationState {
    /** As ordered. */
    @JsonProperty("ok")
    OK,
    /** Replaced, because it is not safe for work and had to be. */
    @JsonProperty("censored")
    CENSORED,
    /** Nothing came of it. The server gives it to another and counts it against the worker. */
    @JsonProperty("faulted")
    FAULTED,
    /** Replaced, because it may show abuse of children. */
    @JsonProperty("csam")
    CSAM
}
