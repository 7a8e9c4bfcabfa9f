package drover.management;

/** A request that is not as it should be; nothing was done. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String detail) {
        super(detail, null, false, false);
    }

    String detail() {
        return String.valueOf(getMessage());
    }
}
