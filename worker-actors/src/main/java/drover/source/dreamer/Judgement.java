package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.horde.GenerationState;
import drover.inference.AssetRef;
import java.util.ArrayList;
import java.util.List;

/**
 * What the Horde is told about a picture.
 *
 * @param metadata each once
 */
record Judgement(GenerationState state, List<GenMetadata> metadata) {
    Judgement {
        metadata = List.copyOf(metadata);
    }

    /**
     * What is to be said about one picture of a batch.
     *
     * @param index of the picture in its batch
     * @param batch how many there are
     * @param remarks on the whole job
     */
    static Judgement of(AssetRef picture, int index, int batch, List<GenMetadata> remarks) {
        List<GenMetadata> metadata = new ArrayList<>(remarks);
        if (batch > 1) {
            metadata.add(GenMetadata.batchIndex(index));
        }
        return switch (picture.safety()) {
            case CSAM -> with(GenerationState.CSAM, metadata, GenMetadata.censoredCsam());
            case CENSORED -> with(GenerationState.CENSORED, metadata, GenMetadata.censored());
            case NSFW -> with(GenerationState.OK, metadata, GenMetadata.nsfw());
            case SAFE -> new Judgement(GenerationState.OK, metadata);
            case UNCHECKED ->
                throw new IllegalStateException("nobody has looked at " + picture.key() + ", so it stays here");
        };
    }

    private static Judgement with(GenerationState state, List<GenMetadata> metadata, GenMetadata last) {
        metadata.add(last);
        return new Judgement(state, metadata);
    }
}
