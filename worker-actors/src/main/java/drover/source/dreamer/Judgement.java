package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.horde.GenerationState;
import drover.inference.AssetRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
        // The verdict first: the server takes so many entries and no more, and goes by nothing else.
        List<GenMetadata> metadata = new ArrayList<>(verdict(picture).stream().toList());
        if (batch > 1) {
            metadata.add(GenMetadata.batchIndex(index));
        }
        metadata.addAll(remarks);
        return new Judgement(state(picture), metadata);
    }

    private static GenerationState state(AssetRef picture) {
        return switch (picture.safety()) {
            case CSAM -> GenerationState.CSAM;
            case CENSORED -> GenerationState.CENSORED;
            case NSFW, SAFE -> GenerationState.OK;
            case UNCHECKED ->
                throw new IllegalStateException("nobody has looked at " + picture.key() + ", so it stays here");
        };
    }

    private static Optional<GenMetadata> verdict(AssetRef picture) {
        return switch (picture.safety()) {
            case CSAM -> Optional.of(GenMetadata.censoredCsam());
            case CENSORED -> Optional.of(GenMetadata.censored());
            case NSFW -> Optional.of(GenMetadata.nsfw());
            case SAFE, UNCHECKED -> Optional.empty();
        };
    }
}
