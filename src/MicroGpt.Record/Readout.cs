namespace MicroGpt.Record;

/// <summary>What the model would predict if it stopped after a stage: the softmax of lm_head · x as x is there.</summary>
/// <param name="Stage">
/// <see cref="Activation.Input"/> (the embedding alone), <see cref="Activation.Middle"/> (after attention) or
/// <see cref="Activation.Output"/> (after the MLP).
/// </param>
/// <param name="Layer">From 0.</param>
/// <param name="Probabilities">How likely each token is to come next: [vocabSize].</param>
public sealed record Readout(Activation Stage, int Layer, IReadOnlyList<double> Probabilities)
{
    /// <summary>All stages at one position, the last of which is what the model does predict, bit for bit.</summary>
    /// <param name="model">The model that was traced.</param>
    /// <param name="trace">Its trace.</param>
    /// <param name="position">From 0.</param>
    public static IReadOnlyList<Readout> Of(Gpt model, Trace trace, int position)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trace);
        var readouts = new List<Readout> { At(Activation.Input, 0) };
        for (var layer = 0; layer < model.Config.NLayer; layer++)
        {
            readouts.Add(At(Activation.Middle, layer));
            readouts.Add(At(Activation.Output, layer));
        }
        return readouts;

        Readout At(Activation stage, int layer)
        {
            var x = trace.Values(stage, layer, position);
            var weights = model.Parameters["lm_head"];
            var logits = new double[model.Config.VocabSize];
            for (var i = 0; i < weights.Length; i++)
            {
                logits[i / x.Length] += weights[i] * x[i % x.Length];
            }
            return new(stage, layer, Softmax(logits));
        }
    }

    /// <summary>The engine's.</summary>
    internal static double[] Softmax(double[] logits)
    {
        var probabilities = new double[logits.Length];
        MicroGpt.Softmax.Apply(logits, probabilities);
        return probabilities;
    }
}
