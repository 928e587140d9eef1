namespace MicroGpt;

/// <summary>How to sample documents from a model. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">An option is set to an invalid value.</exception>
public sealed record SamplingOptions
{
    /// <summary>The text that the document begins with; may be empty.</summary>
    public string Prompt { get; init => field = value ?? throw new ArgumentNullException(nameof(Prompt)); } = "";

    /// <summary>Divides the logits, 0.001 to 1000: near 0 plays safe, 1 trusts the model, above 1 gets wild.</summary>
    public double Temperature
    {
        get;
        init => field = value is >= 0.001 and <= 1000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "Temperature must be from 0.001 to 1000");
    } = 0.5;

    /// <summary>Draw only from this many of the most likely tokens; ties go to the lower id.</summary>
    public int? TopK
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(TopK), value, "TopK must be 1 or more");
    }

    /// <summary>
    /// Draw only from the smallest set of most likely tokens that holds this share of the probability, above 0 and at
    /// most 1. <see cref="TopK"/>, if set, applies first.
    /// </summary>
    public double? TopP
    {
        get;
        init => field = value is null or (> 0 and <= 1)
            ? value : throw new ArgumentOutOfRangeException(nameof(TopP), value, "TopP must be above 0 and at most 1");
    }

    /// <summary>The minimum number of characters, including the prompt.</summary>
    public int MinLength
    {
        get;
        init => field = value >= 0
            ? value : throw new ArgumentOutOfRangeException(nameof(MinLength), value, "MinLength must be 0 or more");
    }

    /// <summary>The maximum number of characters, including the prompt; null: the block size.</summary>
    /// <remarks>
    /// Beyond the block the context slides: the model sees the last half of its block, or more. Running text
    /// (<see cref="DocumentUnit.Chunk"/>) then has no end but this one; <see cref="int.MaxValue"/> is endless to a
    /// <see cref="Gpt.Stream"/>.
    /// </remarks>
    public int? MaxLength
    {
        get;
        init => field = value is null or >= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(MaxLength), value, "MaxLength must be 1 or more");
    }

    /// <summary>
    /// Documents to leave out, such as the training data. One that is longer than a document can be is left out as far as
    /// the model would draw it.
    /// </summary>
    /// <remarks>
    /// A set, such as a <see cref="HashSet{T}"/>, is used as it is; of anything else, each call makes a set.
    /// </remarks>
    public IEnumerable<string>? Exclude { get; init; }

    /// <summary>Leave out documents that were drawn before.</summary>
    public bool Distinct { get; init; }

    /// <summary>
    /// Leave out documents that are as long as <see cref="MaxLength"/> allows: the model had not ended them.
    /// </summary>
    public bool Whole { get; init; }
}
