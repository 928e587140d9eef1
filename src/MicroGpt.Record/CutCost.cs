namespace MicroGpt.Record;

/// <summary>
/// What it costs a model, on average over many documents, to do without some attention weights. As a <see cref="Job"/> it
/// reads one document after the other.
/// </summary>
public sealed class CutCost : Job
{
    readonly Probe whole, cut;
    readonly IReadOnlyList<string> documents;
    readonly Gpt gpt;
    int done;
    long letters;
    double before, after; // sums over all letters

    /// <summary>Begins.</summary>
    /// <param name="gpt">The model.</param>
    /// <param name="documents">At least one.</param>
    /// <param name="cuts">The weights to set to 0; <c>new AttentionCut()</c> is all of them.</param>
    public CutCost(Gpt gpt, IReadOnlyList<string> documents, params IReadOnlyList<AttentionCut> cuts)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentOutOfRangeException.ThrowIfZero(documents.Count, nameof(documents));
        (this.gpt, this.documents) = (gpt, documents);
        (whole, cut) = (new(gpt), new(gpt) { Cuts = cuts });
    }

    /// <inheritdoc/>
    public override double Progress => (double)done / documents.Count;

    /// <summary>The loss of the documents read so far, in nats per letter.</summary>
    public double Loss => before / letters;

    /// <summary>Their loss without the weights.</summary>
    public double LossWithout => after / letters;

    private protected override bool Next()
    {
        var document = documents[done];
        var count = Math.Min(gpt.Tokenizer.Encode(document).Length - 1, gpt.Config.BlockSize);
        letters += count;
        before += count * whole.Loss(document);
        after += count * cut.Loss(document);
        return ++done < documents.Count;
    }
}
