namespace MicroGpt;

/// <summary>Where a document is in a shard: its first token, its first column, its number of positions.</summary>
readonly record struct DocumentSpan(int Token, int Column, int Positions);

/// <summary>
/// Documents of a batch that pass through the model together. A matrix [n, P] of a shard has n rows of P numbers: one for
/// each position of each document.
/// </summary>
sealed class Shard(int documents, int columns)
{
    // A vector that starts at the last position writes up to this many numbers past it.
    const int Overhang = 15;

    /// <summary>The batch these documents are from.</summary>
    public TokenBatch? Batch { get; private set; }

    /// <summary>The documents, and the number of positions in all of them.</summary>
    public int Documents, Positions;

    /// <summary>The current distance between the rows of a matrix [n, P].</summary>
    public int Stride;

    public readonly DocumentSpan[] Spans = new DocumentSpan[documents];

    /// <summary>The weight of each position's loss in the batch's loss, [P].</summary>
    public readonly float[] Shares = new float[columns];

    /// <summary>The result of Forward: -log p(next token) of each position, in nats, [P].</summary>
    public readonly double[] Losses = new double[columns];

    /// <summary>
    /// The distance between the rows of a matrix for this many positions: there is room for what the last vector writes
    /// past them.
    /// </summary>
    public static double StrideOf(double positions) => WholeLines(positions + Overhang);

    /// <summary>
    /// The distance between rows of this many numbers: an odd number of cache lines, because rows a power of two apart
    /// would compete for the same cache sets.
    /// </summary>
    public static double WholeLines(double numbers)
    {
        var lines = Math.Ceiling(numbers / 16);
        return (lines % 2 == 1 ? lines : lines + 1) * 16;
    }

    public void Clear(TokenBatch batch) => (Batch, Documents, Positions) = (batch, 0, 0);

    /// <summary>Adds a document of the batch, and the weight of each of its positions in the batch's loss.</summary>
    public void Add(int token, int positions, float share)
    {
        Spans[Documents++] = new(token, Positions, positions);
        Shares.AsSpan(Positions, positions).Fill(share);
        Positions += positions;
    }

    /// <summary>The sum of the losses of a document's positions.</summary>
    public double NegativeLogLikelihood(int document)
    {
        double sum = 0;
        foreach (var loss in Losses.AsSpan(Spans[document].Column, Spans[document].Positions))
        {
            sum += loss;
        }
        return sum;
    }
}
