using System.Globalization;
using MicroGpt.Explorer.Drawing;
using MicroGpt.Record;

namespace MicroGpt.Explorer;

/// <summary>One product of a sum: what is multiplied with what, and where each of the two comes from.</summary>
/// <param name="Left">The key of the first factor, or of the only number.</param>
/// <param name="A">The first factor.</param>
/// <param name="Right">The key of the second factor; null: there is none.</param>
/// <param name="B">The second factor; 1 if there is none.</param>
public readonly record struct Term(string Left, double A, string? Right, double B)
{
    public double Product => A * B;
}

/// <summary>How a number of a trace was computed: in words, as a sum, and computed again.</summary>
/// <param name="Title">Such as query[3] at position 2.</param>
/// <param name="Meaning">What the number is, in a sentence.</param>
/// <param name="Formula">With the numbers in it, unless it is a sum of terms.</param>
/// <param name="Terms">The sum that made it; may be empty.</param>
/// <param name="Again">The number computed again from its parts.</param>
public sealed record Anatomy(string Title, string Meaning, string Formula, IReadOnlyList<Term> Terms, double Again)
{
    /// <summary>Takes a number of a trace apart.</summary>
    public static Anatomy Of(Run run, Gpt model, Trace trace, ActivationAddress place)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trace);
        return new Dissection(run, model, trace, place).Result();
    }

    /// <summary>What an operation computes, in a few words.</summary>
    public static string Name(Activation activation) => activation switch
    {
        Activation.Embedding => "letter + place",
        Activation.Input => "x",
        Activation.AttentionNorm => "normalised x",
        Activation.Query => "query",
        Activation.Key => "key",
        Activation.Value => "value",
        Activation.Score => "score",
        Activation.Weight => "attention",
        Activation.Heads => "heads",
        Activation.AttentionOutput => "attention adds",
        Activation.Middle => "x",
        Activation.MlpNorm => "normalised x",
        Activation.Hidden => "hidden, before ReLU",
        Activation.Relu => "64 hidden units",
        Activation.MlpOutput => "MLP adds",
        Activation.Output => "x",
        Activation.Logit => "logits",
        _ => "probabilities",
    };

    /// <summary>One of its numbers, which an index follows.</summary>
    public static string NameOfOne(Activation activation) => activation switch
    {
        Activation.Hidden => "hidden unit, before ReLU",
        Activation.Relu => "hidden unit",
        Activation.Logit => "logit",
        Activation.Probability => "probability",
        _ => Name(activation),
    };

    /// <summary>What an operation is for, in a sentence.</summary>
    public static string Purpose(Activation activation) => activation switch
    {
        Activation.Embedding => "What the letter is, plus where it stands.",
        Activation.Input => "The spine begins: the sum, scaled so that its squares average 1.",
        Activation.AttentionNorm => "The spine, scaled for attention. The spine itself stays as it is.",
        Activation.Query => "What this letter looks for. Each head has four of the numbers.",
        Activation.Key => "What this letter offers to later letters and to itself.",
        Activation.Value => "What this letter hands over to those that look at it.",
        Activation.Score => "How well the query agrees with the key of a letter.",
        Activation.Weight => "How much a head takes from each letter; adds up to 1.",
        Activation.Heads => "What the four heads took from the letters.",
        Activation.AttentionOutput => "What attention adds to the spine.",
        Activation.Middle => "The spine after attention.",
        Activation.MlpNorm => "The spine, scaled for the MLP.",
        Activation.Hidden => "64 sums; ReLU sets those below 0 to 0.",
        Activation.Relu => "64 hidden units: what is below 0 has become 0.",
        Activation.MlpOutput => "What the hidden units add to the spine.",
        Activation.Output => "The spine at its end.",
        Activation.Logit => "A score for every next letter.",
        _ => "How likely each next letter is.",
    };
}
