package drover.report.print;

import static org.assertj.core.api.Assertions.assertThat;

import drover.client.ReportView;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportPageTest {
    private static final String HOSTILE =
            "</title></style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\u0000\u001b[31m\u202Eevil\uD800";
    private static final String SHOWN = HOSTILE.replaceAll("[\\x00\\x1b\\x{202E}\\x{D800}]", "\uFFFD");

    private static Document parse(String page) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(page)));
    }

    private static List<Element> all(Document page, String name) {
        NodeList found = page.getElementsByTagNameNS("*", name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    @Test
    void aHostileNameIsTextAndNothingElse() throws Exception {
        String page = ReportPage.of(Reports.of(HOSTILE));
        Document parsed = parse(page);

        for (String never : List.of("script", "img", "link", "iframe", "a", "form", "image", "use")) {
            assertThat(all(parsed, never)).as(never).isEmpty();
        }
        assertThat(all(parsed, "th")).map(Node::getTextContent).contains(SHOWN);
        assertThat(page).doesNotContain("<img").doesNotContain("\u0000").doesNotContain("\u202E");
        assertThat(all(parsed, "style")).hasSize(1);
        assertThat(all(parsed, "title").getFirst().getParentNode().getNodeName())
                .isEqualTo("head");
    }

    @Test
    void nothingIsLoadedAndNothingRuns() throws Exception {
        Document page = parse(ReportPage.of(Reports.of("sdxl")));

        for (Element element : all(page, "*")) {
            for (int i = 0; i < element.getAttributes().getLength(); i++) {
                Node attribute = element.getAttributes().item(i);
                assertThat(attribute.getNodeName()).doesNotStartWith("on").isNotIn("src", "href", "style");
                if (!attribute.getNodeName().startsWith("xmlns")) {
                    assertThat(attribute.getNodeValue()).doesNotContain("://");
                }
            }
        }
        assertThat(all(page, "style").getFirst().getTextContent())
                .doesNotContain("url(")
                .doesNotContain("@import");
        assertThat(all(page, "meta"))
                .anySatisfy(meta -> assertThat(meta.getAttribute("content"))
                        .isEqualTo("default-src 'none'; style-src 'unsafe-inline'"));
    }

    @Test
    void everyChartHasANameAndATableInItsSection() throws Exception {
        Document page = parse(ReportPage.of(Reports.of("sdxl")));

        assertThat(all(page, "svg")).hasSizeGreaterThan(5).allSatisfy(chart -> {
            assertThat(chart.getAttribute("aria-label")).isNotBlank();
            Node section = chart;
            while (!section.getNodeName().equals("section")) {
                section = section.getParentNode();
            }
            assertThat(((Element) section).getElementsByTagName("table").getLength())
                    .isPositive();
        });
        assertThat(all(page, "table")).allSatisfy(table -> {
            assertThat(table.getElementsByTagName("caption").getLength()).isEqualTo(1);
            assertThat(((Element) table.getElementsByTagName("th").item(0)).getAttribute("scope"))
                    .isEqualTo("col");
        });
        List<String> cells = all(page, "td").stream().map(Node::getTextContent).toList();
        assertThat(cells).contains("133 of 400", "clear", "33.3 % (28.8–38.0)");
        assertThat(all(page, "caption"))
                .map(Node::getTextContent)
                .contains("Who waited how long, from submitted to delivered");
        assertThat(cells).contains("60.4", "114 min");
    }

    @Test
    void anEmptyReportIsAPageToo() throws Exception {
        ReportView empty = Reports.empty();
        Document page = parse(ReportPage.of(empty));
        assertThat(all(page, "svg")).isEmpty();
        assertThat(all(page, "li").getFirst().getTextContent()).isEqualTo("No attempt ended in this time.");
    }

    @Test
    void ticksAreRoundNumbers() {
        assertThat(Charts.step(7, 4)).isEqualTo(2);
        assertThat(Charts.step(1, 4)).isEqualTo(0.5);
        assertThat(Charts.step(130, 4)).isEqualTo(50);
        assertThat(Charts.step(0.3, 5)).isEqualTo(0.1);
    }
}
