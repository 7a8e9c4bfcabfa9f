package drover.job;

import java.util.regex.Pattern;

/**
 * Takes the folders of this host out of what is told to others. Faults say where a file is, which helps whoever runs this
 * host; requesters and the Horde are to know no more than the file's name.
 */
public final class HostPaths {
    private static final String STOP = "/\\\\\\s:;,'\"<>|()\\[\\]";

    /**
     * An absolute path of at least one folder and a name, not part of an address or of a word. A folder's name may have
     * blanks, unless it has a dot too: there a file's name ends, and words follow. Folders are counted, because each costs
     * the matcher a piece of its thread's stack.
     */
    private static final Pattern PATH = Pattern.compile(
            "(?:file:/{0,2}(?=/)|(?<![\\w.:/~%\\-])|(?<=\\w:))(?:/|[A-Za-z]:\\\\)(?:(?:[^.S]+(?: [^.S]+){1,3}|[^S]+)[/\\\\]){1,64}([^S]+)"
                    .replace("S", STOP));

    private HostPaths() {}

    /** The text with each path's last name in place of the path. */
    public static String hidden(String text) {
        return PATH.matcher(text).replaceAll("$1");
    }
}
