package drover.horde;

/** What the server would refuse is not sent. */
final class Bounds {
    private Bounds() {}

    static void check(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    what + " must be from " + least + " to " + most + " for the Horde to take it, not " + value);
        }
    }
}
