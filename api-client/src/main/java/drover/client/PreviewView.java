package drover.client;

/**
 * How a picture looks before it is done.
 *
 * @param attempt which try
 * @param step steps finished
 * @param of how many there are
 * @param width pixels
 * @param height pixels
 * @param mediaType of the data, {@code image/jpeg}
 * @param data the file in base64
 */
public record PreviewView(int attempt, int step, int of, int width, int height, String mediaType, String data) {}
