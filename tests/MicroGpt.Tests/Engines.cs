namespace MicroGpt.Tests;

/// <summary>Engines asked about single documents, and vector widths by name, as a public test can take them.</summary>
static class Engines
{
    public static TheoryData<string> Vectors => [.. VectorWidths.Supported.Select(VectorWidths.Name)];

    public static TokenBatch Batch(GptConfig config, params ReadOnlySpan<int[]> documents)
    {
        var batch = new TokenBatch(config, documents.Length);
        foreach (var tokens in documents)
        {
            batch.Add(tokens);
        }
        return batch;
    }

    /// <summary>The mean loss of a document, found without its gradient.</summary>
    public static double Loss(this Engine engine, int[] tokens)
    {
        var (batch, sums) = (Batch(engine.Config, tokens), new double[1]);
        engine.NegativeLogLikelihoods(batch, sums);
        return 1.0 / (batch.Lengths[0] - 1) * sums[0];
    }

    /// <summary>The mean loss of a document, and a copy of its gradient.</summary>
    public static double Backward(this ExactEngine engine, int[] tokens, double[] gradient)
    {
        var loss = engine.Backward(Batch(engine.Config, tokens));
        engine.Gradient.CopyTo(gradient);
        return loss;
    }
}
