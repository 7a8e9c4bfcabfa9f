package drover.picture;

/** Keywords of the texts that tell what a picture was made from. */
public final class TextKeys {
    /** The text that A1111-style tools read. */
    public static final String A1111 = "parameters";
    /** The same as a JSON object. */
    public static final String JSON = "drover";

    private TextKeys() {}
}
