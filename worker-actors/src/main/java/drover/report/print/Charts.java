package drover.report.print;

import drover.client.ReportView.RateView;
import drover.client.ReportView.SliceView;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Draws charts as SVG. Colours are the page's; what a chart shows stands in a table below it. */
final class Charts {
    /** Rows of a chart beyond this are only in its table. */
    static final int MOST_ROWS = 14;

    private static final int WIDTH = 860;
    private static final int LABEL = 230;
    private static final int VALUE = 150;
    private static final int PLOT = WIDTH - LABEL - VALUE;
    private static final int ROW = 26;
    private static final int LABEL_LENGTH = 32;

    private final Markup page;

    /** A name with a share of one thing and of another, each 0 to 1. */
    record Shares(String name, double first, double second) {}

    /** A name with a rate, and one to compare it with. */
    record Rated(String name, RateView rate, RateView elsewhere) {}

    /** A name with a middle and an upper value. */
    record Span(String name, double middle, double upper) {}

    Charts(Markup page) {
        this.page = page;
    }

    private void svg(String title, int width, int height, Markup.Content content) {
        page.element(
                "svg",
                () -> {
                    page.text("title", title);
                    content.write();
                },
                "xmlns",
                "http://www.w3.org/2000/svg",
                "viewBox",
                "0 0 " + width + " " + height,
                "role",
                "img",
                "aria-label",
                title);
    }

    private void rect(String style, double x, double y, double width, double height, String tip) {
        page.element(
                "rect",
                () -> page.text("title", tip),
                "class",
                style,
                "x",
                at(x),
                "y",
                at(y),
                "width",
                at(Math.max(0, width)),
                "height",
                at(Math.max(0, height)));
    }

    private void line(String style, double x1, double y1, double x2, double y2) {
        page.empty("line", "class", style, "x1", at(x1), "y1", at(y1), "x2", at(x2), "y2", at(y2));
    }

    private void label(String text, double x, double y, String anchor) {
        page.text("text", text, "x", at(x), "y", at(y), "text-anchor", anchor);
    }

    private void name(String name, double middle) {
        String shown = name.length() > LABEL_LENGTH ? name.substring(0, LABEL_LENGTH - 1) + "…" : name;
        label(shown, LABEL - 10, middle + 4, "end");
    }

    private static String at(double number) {
        return String.format(Locale.ROOT, "%.1f", number);
    }

    /** Columns over time: what succeeded, what was interrupted, what failed. */
    void timeline(String title, List<SliceView> slices) {
        long most = Math.max(
                1,
                slices.stream()
                        .mapToLong(slice -> slice.succeeded() + slice.failed() + slice.interrupted())
                        .max()
                        .orElse(1));
        double top = step((double) most, 4);
        double most4 = Math.ceil(most / top) * top;
        int height = 200;
        int left = 60;
        double wide = (double) (WIDTH - left - 10) / Math.max(1, slices.size());
        svg(title, WIDTH, height + 40, () -> {
            for (double tick = 0; tick <= most4 + 1e-9; tick += top) {
                double y = 10 + height * (1 - tick / most4);
                line("grid", left, y, WIDTH - 10, y);
                label(Numbers.count(Math.round(tick)), left - 8, y + 4, "end");
            }
            for (int i = 0; i < slices.size(); i++) {
                SliceView slice = slices.get(i);
                double x = left + i * wide;
                double y = 10 + height;
                String tip = moment(slice.from()) + ": " + Numbers.count(slice.succeeded()) + " succeeded, "
                        + Numbers.count(slice.failed()) + " failed, " + Numbers.count(slice.interrupted())
                        + " interrupted";
                long[] parts = {slice.failed(), slice.interrupted(), slice.succeeded()};
                String[] styles = {"bad", "other", "good"};
                for (int part = 0; part < parts.length; part++) {
                    double tall = height * parts[part] / most4;
                    if (parts[part] > 0) {
                        y -= tall;
                        rect(styles[part], x + 1, y, wide - 2, tall, tip);
                    }
                }
                if (i % Math.max(1, slices.size() / 6) == 0) {
                    label(moment(slice.from()), x, height + 30, "start");
                }
            }
        });
        legend("bad", "failed", "other", "interrupted", "good", "succeeded");
    }

    /** Two bars for each name. */
    void shares(String title, String first, String second, List<Shares> rows) {
        List<Shares> shown = rows.stream().limit(MOST_ROWS).toList();
        svg(title, WIDTH, shown.size() * ROW + 8, () -> {
            for (int i = 0; i < shown.size(); i++) {
                Shares row = shown.get(i);
                double y = 4 + i * ROW;
                name(row.name(), y + ROW / 2.0);
                String tip = row.name() + ": " + Numbers.percent(row.first()) + " " + first + ", "
                        + Numbers.percent(row.second()) + " " + second;
                rect("bad", LABEL, y + 3, PLOT * row.first(), 10, tip);
                rect("other", LABEL, y + 14, PLOT * row.second(), 7, tip);
                label(
                        Numbers.percent(row.first()) + " / " + Numbers.percent(row.second()),
                        LABEL + PLOT * Math.max(row.first(), row.second()) + 8,
                        y + ROW / 2.0 + 4,
                        "start");
            }
        });
        legend("bad", first, "other", second);
    }

    /** A point with its interval for each name, and a ring for what it is compared with. */
    void rates(String title, List<Rated> rows) {
        List<Rated> shown = rows.stream().limit(MOST_ROWS).toList();
        double most = shown.stream()
                .mapToDouble(row -> Math.max(row.rate().high(), row.elsewhere().rate()))
                .max()
                .orElse(1);
        double tick = step(Math.max(0.01, most), 5);
        double end = Math.min(1, Math.ceil(most / tick) * tick);
        svg(title, WIDTH, shown.size() * ROW + 34, () -> {
            int bottom = shown.size() * ROW + 8;
            for (double at = 0; at <= end + 1e-9; at += tick) {
                double x = LABEL + PLOT * at / end;
                line("grid", x, 4, x, bottom);
                label(Numbers.percent(at), x, bottom + 18, "middle");
            }
            for (int i = 0; i < shown.size(); i++) {
                Rated row = shown.get(i);
                double y = 4 + i * ROW + ROW / 2.0;
                name(row.name(), y);
                line(
                        "range",
                        LABEL + PLOT * row.rate().low() / end,
                        y,
                        LABEL + PLOT * row.rate().high() / end,
                        y);
                page.empty(
                        "circle",
                        "class",
                        "ring",
                        "cx",
                        at(LABEL + PLOT * row.elsewhere().rate() / end),
                        "cy",
                        at(y),
                        "r",
                        "5");
                page.element(
                        "circle",
                        () -> page.text(
                                "title",
                                row.name() + ": " + Numbers.rate(row.rate().rate()) + " ("
                                        + Numbers.plain(row.rate().low()) + " to "
                                        + Numbers.plain(row.rate().high())
                                        + "), elsewhere "
                                        + Numbers.rate(row.elsewhere().rate())),
                        "class",
                        "bad",
                        "cx",
                        at(LABEL + PLOT * row.rate().rate() / end),
                        "cy",
                        at(y),
                        "r",
                        "5");
                label(
                        Numbers.rate(row.rate().rate()) + " of "
                                + Numbers.count(row.rate().of()),
                        LABEL + PLOT + 14,
                        y + 4,
                        "start");
            }
        });
        legend("bad", "share that failed, with its 95 % interval", "hollow", "the same of all others");
    }

    /** A bar up to the middle value and a thin one up to the upper one. */
    void spans(String title, List<Span> rows) {
        List<Span> shown = rows.stream().limit(MOST_ROWS).toList();
        double most =
                Math.max(1e-4, shown.stream().mapToDouble(Span::upper).max().orElse(1));
        int width = 420;
        int label = 120;
        int plot = width - label - 110;
        svg(title, width, shown.size() * 22 + 6, () -> {
            for (int i = 0; i < shown.size(); i++) {
                Span row = shown.get(i);
                double y = 3 + i * 22;
                String name = row.name().length() > 17 ? row.name().substring(0, 16) + "…" : row.name();
                label(name, label - 8, y + 14, "end");
                String tip = row.name() + ": half within " + Numbers.seconds(row.middle()) + " s, 95 % within "
                        + Numbers.seconds(row.upper()) + " s";
                rect("other", label, y + 7, plot * row.upper() / most, 6, tip);
                rect("good", label, y + 4, plot * row.middle() / most, 12, tip);
                label(
                        Numbers.seconds(row.middle()) + " / " + Numbers.seconds(row.upper()),
                        label + plot * row.upper() / most + 6,
                        y + 14,
                        "start");
            }
        });
    }

    /** Styles and what they stand for, in turn. */
    private void legend(String... entries) {
        page.element(
                "p",
                () -> {
                    for (int i = 0; i < entries.length; i += 2) {
                        page.text("span", "", "class", "key " + entries[i]);
                        page.text(" " + entries[i + 1] + " ");
                    }
                },
                "class",
                "legend",
                "aria-hidden",
                "true");
    }

    /** A round number of which no more than so many make up the whole: 1, 2 or 5 times a power of ten. */
    static double step(double most, int parts) {
        double raw = most / parts;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double part = raw / power;
        double round = part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10;
        return most >= parts ? Math.max(1, round * power) : round * power;
    }

    static String moment(Instant at) {
        return DateTimeFormatter.ofPattern("MM-dd HH:mm", Locale.ROOT)
                .withZone(ZoneOffset.UTC)
                .format(at);
    }
}
