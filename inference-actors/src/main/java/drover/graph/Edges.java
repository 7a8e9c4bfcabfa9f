package drover.graph;

/** What a convolution sees beyond the edges of a picture. */
public enum Edges {
    /** Zeros. */
    ZEROS,
    /** The opposite side, so that what is painted goes on there. */
    CIRCULAR
}
