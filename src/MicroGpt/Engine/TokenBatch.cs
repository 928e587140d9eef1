namespace MicroGpt;

/// <summary>Tokenized documents, one after the other, each cut to the context and valid for the model.</summary>
sealed class TokenBatch
{
    readonly int longest;
    readonly int[] tokens, starts, lengths;
    int end;

    /// <summary>Allocates room for a number of documents.</summary>
    /// <exception cref="ArgumentException">Their tokens would not fit in an array.</exception>
    public TokenBatch(GptConfig config, int documents)
    {
        (Config, longest) = (config, config.BlockSize + 1);
        tokens = (long)documents * longest <= Array.MaxLength ? new int[documents * longest]
            : throw new ArgumentException($"the tokens of {documents} documents do not fit in an array; lower BatchSize");
        (starts, lengths) = (new int[documents], new int[documents]);
    }

    /// <summary>The shape of the models that can read the batch.</summary>
    public GptConfig Config { get; }

    public int Count { get; private set; }

    /// <summary>The maximum number of documents.</summary>
    public int Capacity => lengths.Length;

    /// <summary>The tokens of one document.</summary>
    public ReadOnlySpan<int> this[int document] => tokens.AsSpan(starts[document], lengths[document]);

    /// <summary>All documents' tokens: for each BOS, its characters, BOS, as far as the model reads.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, end);

    /// <summary>Each document's number of tokens, from 2 to blockSize + 1.</summary>
    public ReadOnlySpan<int> Lengths => lengths.AsSpan(0, Count);

    public void Clear() => (Count, end) = (0, 0);

    /// <summary>Encodes and adds a document, as far as the model reads it.</summary>
    /// <exception cref="ArgumentException">That part has an unknown character.</exception>
    public void Add(string document, Tokenizer tokenizer) =>
        Append(tokenizer.Encode(document, tokens.AsSpan(end, longest)));

    /// <summary>Adds a document, as far as the model reads it.</summary>
    /// <exception cref="ArgumentException">
    /// There are fewer than two tokens, or a token is not in the vocabulary.
    /// </exception>
    public void Add(ReadOnlySpan<int> document)
    {
        document = document[..Math.Min(longest, document.Length)];
        document.CopyTo(tokens.AsSpan(end));
        Append(document.Length);
    }

    // Adds the tokens written at the end as a document.
    void Append(int length)
    {
        if (length < 2)
        {
            throw new ArgumentException("a document has at least two tokens: BOS and BOS");
        }
        foreach (var token in tokens.AsSpan(end, length))
        {
            if ((uint)token >= (uint)Config.VocabSize)
            {
                throw new ArgumentException($"token {token} in a vocabulary of {Config.VocabSize}");
            }
        }
        (starts[Count], lengths[Count]) = (end, length);
        (Count, end) = (Count + 1, end + length);
    }
}
