namespace MicroGpt.Record;

/// <summary>What it costs a model, on one text, to do without some attention weights.</summary>
/// <param name="Before">-log p of each letter as the model is, in nats; the last is the end, if it is seen.</param>
/// <param name="After">-log p of each letter with the weights at 0.</param>
public sealed record CutEffect(IReadOnlyList<double> Before, IReadOnlyList<double> After)
{
    /// <summary>How much the loss of the text rises, in nats per letter. It is the cost here, not a cause.</summary>
    public double Cost => After.Average() - Before.Average();

    /// <summary>Measures it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">Any text with letters of the vocabulary, as far as the model can see it.</param>
    /// <param name="cuts">The weights to set to 0.</param>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public static CutEffect Of(Gpt model, string text, params IReadOnlyList<AttentionCut> cuts) =>
        Of(new Probe(model), text, cuts);

    internal static CutEffect Of(Probe probe, string text, IReadOnlyList<AttentionCut> cuts)
    {
        var (own, before) = (probe.Cuts, Surprises(probe, text));
        probe.Cuts = [.. own, .. cuts];
        var after = Surprises(probe, text);
        probe.Cuts = own;
        return new(before, after);
    }

    static double[] Surprises(Probe probe, string text)
    {
        var trace = probe.Trace(text);
        return [.. Enumerable.Range(0, trace.Positions).Select(trace.Surprise)];
    }
}
