package drover.picture;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stands in for a picture that is withheld: plain grey, with a line of text where there is room and a font. */
public final class Placeholder {
    private static final Logger LOG = LoggerFactory.getLogger(Placeholder.class);
    private static final Color GROUND = new Color(0x80, 0x80, 0x80);
    private static final Color TEXT = new Color(0xf0, 0xf0, 0xf0);
    /** Of the width, for the text. */
    private static final double SHARE = 0.8;

    private static final float BASE_SIZE = 32;
    /** Below this nobody could read it. */
    private static final float LEAST_SIZE = 5;

    private Placeholder() {}

    /** A placeholder of this size that says this. */
    public static Picture saying(String text, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setColor(GROUND);
            graphics.fillRect(0, 0, width, height);
            write(graphics, text, width, height);
        } catch (RuntimeException | LinkageError | InternalError e) {
            // A machine without any font. What matters is that the picture is not shown.
            LOG.warn("a placeholder has no text, because none could be drawn: {}", e.toString());
        } finally {
            graphics.dispose();
        }
        return Picture.of(image);
    }

    private static void write(Graphics2D graphics, String text, int width, int height) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont(BASE_SIZE);
        double fits = BASE_SIZE * SHARE * width / graphics.getFontMetrics(font).stringWidth(text);
        float size = (float) Math.min(fits, SHARE * height);
        if (size < LEAST_SIZE) {
            return;
        }
        graphics.setFont(font.deriveFont(size));
        graphics.setColor(TEXT);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        FontMetrics metrics = graphics.getFontMetrics();
        int x = (width - metrics.stringWidth(text)) / 2;
        int y = (height - metrics.getHeight()) / 2 + metrics.getAscent();
        graphics.drawString(text, x, y);
    }
}
