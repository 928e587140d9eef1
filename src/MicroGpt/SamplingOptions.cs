namespace MicroGpt;

/// <summary>How to draw a document from a model. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">An option is set to a value it can't have.</exception>
public sealed record SamplingOptions
{
    /// <summary>What the document begins with; empty, the model begins it.</summary>
    public string Prompt { get; init => field = value ?? throw new ArgumentNullException(nameof(Prompt)); } = "";

    /// <summary>Divides the logits, 0.001 to 1000: near 0 plays safe, 1 trusts the model, more runs wild.</summary>
    public double Temperature
    {
        get;
        init => field = value is >= 0.001 and <= 1000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "Temperature must be from 0.001 to 1000");
    } = 0.5;

    /// <summary>Draw from only so many of the likeliest tokens; of equal ones the lower id comes first.</summary>
    public int? TopK
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(TopK), value, "TopK must be 1 or more");
    }

    /// <summary>
    /// Draw from the likeliest tokens only, the fewest that have this part, above 0 up to 1, of the probability; of what
    /// <see cref="TopK"/> leaves, if both are set.
    /// </summary>
    public double? TopP
    {
        get;
        init => field = value is null or (> 0 and <= 1)
            ? value : throw new ArgumentOutOfRangeException(nameof(TopP), value, "TopP must be above 0, at most 1");
    }

    /// <summary>The document does not end before it has so many characters, the prompt's included.</summary>
    public int MinLength
    {
        get;
        init => field = value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(MinLength), value, "MinLength must be 0 or more");
    }

    /// <summary>The document ends when it has so many characters; without it, at the model's block size.</summary>
    public int? MaxLength
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(MaxLength), value, "MaxLength must be 1 or more");
    }

    /// <summary>Documents not to draw, for instance those the model learned from.</summary>
    public IEnumerable<string>? Exclude { get; init; }
}
