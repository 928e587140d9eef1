namespace MicroGpt;

/// <summary>
/// A decoder for texts of any length: when its context is full, it begins again with BOS and the last tokens it read.
/// Until then it is the decoder, bit for bit. Not thread-safe.
/// </summary>
/// <param name="decoder">The decoder.</param>
/// <param name="bos">The token that every context begins with, as in training.</param>
/// <param name="stride">
/// The number of tokens to forget at a time, from 1 to blockSize: each costs blockSize / stride calls of the decoder.
/// </param>
sealed class SlidingDecoder(Decoder decoder, int bos, int stride)
{
    readonly int[] read = new int[decoder.BlockSize]; // the context: BOS and the tokens after it

    /// <summary>Half the context: sampling costs at most twice as much, and half the context is always there.</summary>
    public static int HalfOf(GptConfig config) => (config.BlockSize + 1) / 2;

    /// <summary>Forgets all tokens.</summary>
    public void Reset() => decoder.Reset();

    /// <summary>Reads one token -> logits [vocabSize], valid until the next call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    public ReadOnlySpan<double> Next(int token)
    {
        if (decoder.Position == read.Length)
        {
            int[] all = [.. read, token], context = [bos, .. all[^(read.Length - stride)..]];
            decoder.Reset();
            foreach (var before in context.AsSpan(..^1))
            {
                Read(before);
            }
            token = context[^1];
        }
        return Read(token);
    }

    ReadOnlySpan<double> Read(int token)
    {
        read[decoder.Position] = token;
        return decoder.Next(token);
    }
}
