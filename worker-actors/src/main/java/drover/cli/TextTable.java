package drover.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows whose columns are lined up; the last column is as wide as it likes. */
final class TextTable {
    private static final int GAP = 2;
    private static final int LEAST = 4;

    private final List<List<String>> rows = new ArrayList<>();

    TextTable(String... header) {
        rows.add(List.of(header));
    }

    /** Adds a row with as many cells as the header has. */
    void add(List<String> row) {
        if (row.size() != rows.getFirst().size()) {
            throw new IllegalArgumentException("a row has " + row.size() + " cells, the header has "
                    + rows.getFirst().size());
        }
        rows.add(List.copyOf(row));
    }

    void print(PrintStream out) {
        print(out, Integer.MAX_VALUE);
    }

    /** Prints it no wider than this, if the first column can be cut that far. */
    void print(PrintStream out, int most) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        int others = Arrays.stream(widths).skip(1).map(width -> width + GAP).sum();
        widths[0] = Math.min(widths[0], Math.max(LEAST, most - others));
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String cell = cut(row.get(i), widths[i]);
                line.append(cell).repeat(' ', widths[i] - cell.length() + GAP);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private static String cut(String cell, int width) {
        return cell.length() > width ? cell.substring(0, width - 1) + "…" : cell;
    }
}
