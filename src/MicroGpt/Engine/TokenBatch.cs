namespace MicroGpt;

/// <summary>Some documents as tokens, one after the other; of each what a model reads of it.</summary>
sealed class TokenBatch
{
    readonly Tokenizer tokenizer;
    readonly int longest;
    readonly int[] tokens, starts, lengths;
    int end;

    /// <summary>Room for so many documents.</summary>
    /// <exception cref="ArgumentException">Their tokens would not fit an array.</exception>
    public TokenBatch(Tokenizer tokenizer, int blockSize, int documents)
    {
        (this.tokenizer, longest) = (tokenizer, blockSize + 1);
        tokens = (long)documents * longest <= Array.MaxLength ? new int[documents * longest]
            : throw new ArgumentException($"the tokens of {documents} documents do not fit an array; lower BatchSize");
        (starts, lengths) = (new int[documents], new int[documents]);
    }

    public int Count { get; private set; }

    /// <summary>For how many documents there is room.</summary>
    public int Capacity => lengths.Length;

    /// <summary>The tokens of one document.</summary>
    public ReadOnlySpan<int> this[int document] => tokens.AsSpan(starts[document], lengths[document]);

    /// <summary>All documents' tokens, each BOS, its characters, BOS, or as many as the model reads.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, end);

    /// <summary>How many tokens each document has.</summary>
    public ReadOnlySpan<int> Lengths => lengths.AsSpan(0, Count);

    /// <exception cref="ArgumentException">The document has a character the tokenizer does not know.</exception>
    public void Check(string document) => tokenizer.Encode(document);

    public void Clear() => (Count, end) = (0, 0);

    /// <exception cref="ArgumentException">What is read of it has a character the tokenizer does not know.</exception>
    public void Add(string document)
    {
        var length = tokenizer.Encode(document, tokens.AsSpan(end, longest));
        (starts[Count], lengths[Count]) = (end, length);
        (Count, end) = (Count + 1, end + length);
    }
}
