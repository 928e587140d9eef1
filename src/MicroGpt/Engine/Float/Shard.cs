namespace MicroGpt;

/// <summary>Where a document of a shard is: its first token, the column of its first position, how many it has.</summary>
readonly record struct Place(int Token, int Column, int Positions);

/// <summary>
/// Documents of a batch that are passed through the model together. A matrix [n, P] of a shard has a row of P numbers for
/// each of n: one for each position of each document.
/// </summary>
sealed class Shard(int documents, int columns)
{
    // A vector that begins at the last position writes up to so many numbers behind it.
    const int Overhang = 15;

    /// <summary>The batch of which these are some documents.</summary>
    public TokenBatch? Batch { get; private set; }

    /// <summary>How many documents there are, and positions in all of them.</summary>
    public int Documents, Positions;

    /// <summary>How many numbers the rows of a matrix [n, P] are apart this time.</summary>
    public int Stride;

    public readonly Place[] Places = new Place[documents];

    /// <summary>What the loss of each position counts in that of the batch, [P].</summary>
    public readonly float[] Shares = new float[columns];

    /// <summary>What Forward finds: -log p(next token) of each position, in nats, [P].</summary>
    public readonly double[] Losses = new double[columns];

    /// <summary>
    /// How far apart the rows of a matrix have to be for so many positions: room for what the last vector writes beyond
    /// them, and an odd number of cache lines, as rows a power of two apart would fight for the same places in the cache.
    /// </summary>
    public static double StrideOf(double positions)
    {
        var lines = Math.Ceiling((positions + Overhang) / 16);
        return (lines % 2 == 1 ? lines : lines + 1) * 16;
    }

    public void Clear(TokenBatch batch) => (Batch, Documents, Positions) = (batch, 0, 0);

    /// <summary>Takes a document of the batch.</summary>
    public void Add(int token, int positions)
    {
        Places[Documents++] = new(token, Positions, positions);
        Shares.AsSpan(Positions, positions).Fill(1f / ((float)positions * Batch!.Count));
        Positions += positions;
    }

    /// <summary>The sum over a document's positions of their losses.</summary>
    public double NegativeLogLikelihood(int document)
    {
        double sum = 0;
        foreach (var loss in Losses.AsSpan(Places[document].Column, Places[document].Positions))
        {
            sum += loss;
        }
        return sum;
    }
}
