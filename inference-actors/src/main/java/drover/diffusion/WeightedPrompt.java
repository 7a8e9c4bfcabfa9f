package drover.diffusion;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A prompt with ComfyUI's emphasis, which is the AI Horde's: {@code (words:1.3)} count 1.3, {@code (words)} count 1.1 times
 * what surrounds them, parentheses may be nested, {@code \(} and {@code \)} are plain parentheses. A number within
 * parentheses counts as it stands, however deep. What is not closed, or closes nothing, is plain text. {@code BREAK} on
 * its own begins a new part.
 *
 * @param parts from one {@code BREAK} to the next, each in order; none is empty unless it is the only one
 */
record WeightedPrompt(List<List<Span>> parts) {
    private static final double EMPHASIS = 1.1;
    private static final Pattern BREAK = Pattern.compile("(?<!\\S)BREAK(?!\\S)");
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d{1,9}\\.?\\d{0,9}|\\.\\d{1,9})");
    /** Deeper than this, parentheses are art. */
    private static final int MAX_DEPTH = 100;

    WeightedPrompt {
        parts = parts.stream().map(List::copyOf).toList();
    }

    /**
     * Some text.
     *
     * @param weight how much it counts; 1 is usual
     */
    record Span(String text, double weight) {}

    /** Reads a prompt; every text is one. */
    static WeightedPrompt parse(String prompt) {
        List<List<Span>> parts = new ArrayList<>();
        List<Span> part = new ArrayList<>();
        for (Span span : new Reader(prompt).spans()) {
            String[] texts = BREAK.split(span.text(), -1);
            for (int i = 0; i < texts.length; i++) {
                if (i > 0) {
                    parts.add(part);
                    part = new ArrayList<>();
                }
                if (!texts[i].isBlank()) {
                    part.add(new Span(texts[i], span.weight()));
                }
            }
        }
        parts.add(part);
        List<List<Span>> filled = parts.stream().filter(p -> !p.isEmpty()).toList();
        return new WeightedPrompt(filled.isEmpty() ? List.of(List.of()) : filled);
    }

    /** Goes through a prompt once, keeping the parentheses that are open. */
    private static final class Reader {
        private final String prompt;
        /** For every parenthesis that opens, where it is closed; 0 for one that is not. */
        private final int[] closes;

        private final List<Span> spans = new ArrayList<>();

        private Reader(String prompt) {
            this.prompt = prompt;
            this.closes = new int[prompt.length()];
            List<Integer> open = new ArrayList<>();
            for (int i = 0; i < prompt.length(); i++) {
                char c = prompt.charAt(i);
                if (escaped(i)) {
                    i++;
                } else if (c == '(') {
                    open.add(i);
                } else if (c == ')' && !open.isEmpty()) {
                    closes[open.removeLast()] = i;
                }
            }
        }

        private boolean escaped(int at) {
            return prompt.charAt(at) == '\\'
                    && at + 1 < prompt.length()
                    && (prompt.charAt(at + 1) == '(' || prompt.charAt(at + 1) == ')');
        }

        List<Span> spans() {
            read(0, prompt.length(), 1, 0);
            return spans;
        }

        private void read(int from, int to, double weight, int depth) {
            StringBuilder text = new StringBuilder();
            int at = from;
            while (at < to) {
                if (escaped(at)) {
                    text.append(prompt.charAt(at + 1));
                    at += 2;
                } else if (prompt.charAt(at) == '(' && closes[at] > 0 && depth < MAX_DEPTH) {
                    add(text, weight);
                    group(at + 1, closes[at], weight, depth);
                    at = closes[at] + 1;
                } else {
                    text.append(prompt.charAt(at));
                    at++;
                }
            }
            add(text, weight);
        }

        /** What is between two parentheses. */
        private void group(int from, int to, double weight, int depth) {
            int colon = prompt.lastIndexOf(':', to - 1);
            if (colon > from) {
                String number = prompt.substring(colon + 1, to).strip();
                if (NUMBER.matcher(number).matches()) {
                    read(from, colon, Double.parseDouble(number), depth + 1);
                    return;
                }
            }
            read(from, to, weight * EMPHASIS, depth + 1);
        }

        private void add(StringBuilder text, double weight) {
            if (!text.isEmpty()) {
                spans.add(new Span(text.toString(), weight));
                text.setLength(0);
            }
        }
    }
}
