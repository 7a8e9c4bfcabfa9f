package drover.report.print;

import java.io.StringWriter;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes a page that is HTML and well-formed XML at once. Every text and attribute is escaped, and what no page can hold
 * (control characters, halves of characters, marks that turn the direction of writing) is replaced.
 */
final class Markup {
    private static final String NOT_ALLOWED =
            "[^\\t\\n\\r\\x{20}-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]|[\\x{7F}-\\x{9F}]"
                    + "|[\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]";

    private final StringWriter page = new StringWriter();
    private final XMLStreamWriter xml;

    /** Something that writes into the page. */
    interface Content {
        void write();
    }

    private interface Step {
        void run() throws XMLStreamException;
    }

    Markup() {
        try {
            xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(page);
        } catch (XMLStreamException e) {
            throw new IllegalStateException("Java cannot write XML", e);
        }
    }

    private static void run(Step step) {
        try {
            step.run();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("a page cannot be written into memory", e);
        }
    }

    /** The text without what a page cannot hold. */
    static String clean(String text) {
        return text.replaceAll(NOT_ALLOWED, "\uFFFD");
    }

    void doctype() {
        run(() -> xml.writeDTD("<!DOCTYPE html>\n"));
    }

    /**
     * An element with something in it.
     *
     * @param attributes names and values in turn
     */
    void element(String name, Content content, String... attributes) {
        run(() -> {
            xml.writeStartElement(name);
            attributes(attributes);
            content.write();
            xml.writeCharacters(""); // An element that holds nothing has an end tag all the same.
            xml.writeEndElement();
        });
    }

    /** An element with text in it. */
    void text(String name, String text, String... attributes) {
        element(name, () -> text(text), attributes);
    }

    /** An element that never holds anything, such as {@code meta} or {@code rect}. */
    void empty(String name, String... attributes) {
        run(() -> {
            xml.writeEmptyElement(name);
            attributes(attributes);
        });
    }

    void text(String text) {
        run(() -> xml.writeCharacters(clean(text)));
    }

    private void attributes(String... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2) {
            xml.writeAttribute(attributes[i], clean(attributes[i + 1]));
        }
    }

    String page() {
        run(xml::flush);
        return page + "\n";
    }
}
