namespace MicroGpt;

/// <summary>Windows that show a model all of a long document, so that every token is predicted once.</summary>
/// <param name="blockSize">The tokens that a window predicts.</param>
/// <param name="stride">From one window to the next, from 1 to <paramref name="blockSize"/>.</param>
/// <param name="bos">The token that every window begins with, as in training.</param>
/// <param name="hasEnd">Whether the BOS that ends a document is predicted.</param>
sealed class SlidingWindows(int blockSize, int stride, int bos, bool hasEnd)
{
    /// <summary>
    /// The windows of a document, and again, to be subtracted, the part of each that repeats what the window before it
    /// predicted: a prediction depends only on the tokens before it.
    /// </summary>
    /// <param name="document">From BOS to BOS.</param>
    public IEnumerable<(ReadOnlyMemory<int> Tokens, int Sign)> Of(int[] document)
    {
        var (end, repeated) = (document.Length - (hasEnd ? 0 : 1), blockSize - stride);
        for (var start = 0; (start == 0 ? 1 : start + repeated + 1) < end; start += stride)
        {
            int[] window = [bos, .. document[(start + 1)..Math.Min(start + 1 + blockSize, end)]];
            yield return (window, 1);
            if (start > 0 && repeated > 0)
            {
                yield return (window.AsMemory(0, repeated + 1), -1);
            }
        }
    }
}
