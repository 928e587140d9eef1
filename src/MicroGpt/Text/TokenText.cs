namespace MicroGpt;

/// <summary>
/// A text's tokens in one array, piece by piece: documents, each from BOS to BOS, or running text without BOS. -1 stands
/// before each piece.
/// </summary>
sealed class TokenText
{
    public const int Boundary = -1;

    /// <summary>Encodes the documents of a corpus; chunks that follow each other become one piece.</summary>
    /// <exception cref="UnknownCharacterException">A character is not in the vocabulary.</exception>
    public TokenText(Corpus corpus, Tokenizer tokenizer)
        : this(corpus.RunningText(), tokenizer, corpus.Reading.Unit)
    {
    }

    /// <summary>Encodes documents, or pieces of running text.</summary>
    /// <exception cref="UnknownCharacterException">A character is not in the vocabulary.</exception>
    public TokenText(IEnumerable<string> documents, Tokenizer tokenizer, DocumentUnit unit)
    {
        (VocabSize, IsRunning) = (tokenizer.VocabSize, unit == DocumentUnit.Chunk);
        var tokens = new List<int>();
        foreach (var document in documents)
        {
            tokens.Add(Boundary);
            var encoded = tokenizer.Encode(document).AsSpan();
            tokens.AddRange(IsRunning ? encoded[1..^1] : encoded);
        }
        Tokens = [.. tokens];
    }

    public int VocabSize { get; }

    /// <summary>Whether the pieces have neither beginning nor end.</summary>
    public bool IsRunning { get; }

    /// <summary>The tokens, each in [0, vocabSize), and the boundaries.</summary>
    public int[] Tokens { get; }

    public int Length => Tokens.Length;

    /// <summary>Whether a model would predict this token: BOS at the beginning of a document is given.</summary>
    public bool IsPredicted(int i) => Tokens[i] != Boundary && (IsRunning || Tokens[i - 1] != Boundary);
}
