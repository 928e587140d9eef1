namespace MicroGpt;

/// <summary>How to draw a document from a model. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">An option is set to a value it can't have.</exception>
public sealed record SamplingOptions
{
    /// <summary>What the document begins with; empty, the model begins it.</summary>
    public string Prompt { get; init => field = value ?? throw new ArgumentNullException(nameof(Prompt)); } = "";

    /// <summary>Divides the logits, 0.001 to 1000: near 0 plays safe, 1 trusts the model, above 1 gets wild.</summary>
    public double Temperature
    {
        get;
        init => field = value is >= 0.001 and <= 1000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "Temperature must be from 0.001 to 1000");
    } = 0.5;

    /// <summary>Draw from this many of the likeliest tokens only; of equally likely ones the lower id comes first.</summary>
    public int? TopK
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(TopK), value, "TopK must be 1 or more");
    }

    /// <summary>
    /// Draw from the smallest set of the likeliest tokens that holds this share of the probability, above 0 up to 1; if
    /// <see cref="TopK"/> is set too, the share of what it leaves.
    /// </summary>
    public double? TopP
    {
        get;
        init => field = value is null or (> 0 and <= 1)
            ? value : throw new ArgumentOutOfRangeException(nameof(TopP), value, "TopP must be above 0, at most 1");
    }

    /// <summary>The least characters of a document, the prompt's included.</summary>
    public int MinLength
    {
        get;
        init => field = value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(MinLength), value, "MinLength must be 0 or more");
    }

    /// <summary>The most characters of a document, the prompt's included; null: the model's block size.</summary>
    public int? MaxLength
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(MaxLength), value, "MaxLength must be 1 or more");
    }

    /// <summary>
    /// Documents not to draw, for instance those the model learned from; one longer than the block counts as drawn when
    /// the part that fits is.
    /// </summary>
    public IEnumerable<string>? Exclude { get; init; }
}
