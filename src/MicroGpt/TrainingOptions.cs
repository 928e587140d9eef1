using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>What a training run depends on, besides its data. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">An option is set to a value it can't have.</exception>
public sealed record TrainingOptions
{
    /// <summary>How many times the parameters are adjusted.</summary>
    public int Steps { get; init => field = AtLeast1(value); } = 1000;

    /// <summary>Depth: transformer layers, one after the other.</summary>
    public int NLayer { get; init => field = AtLeast1(value); } = 1;

    /// <summary>Width: how many numbers describe a token inside the model.</summary>
    public int NEmbd { get; init => field = AtLeast1(value); } = 16;

    /// <summary>Attention heads in each layer; must divide <see cref="NEmbd"/>.</summary>
    public int NHead { get; init => field = AtLeast1(value); } = 4;

    /// <summary>Context: how many tokens the model sees at most; a longer document is learned up to there.</summary>
    public int BlockSize { get; init => field = AtLeast1(value); } = 16;

    /// <summary>How far the first step moves the parameters; later steps less, evenly towards 0.</summary>
    public double LearningRate
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(LearningRate), value, "LearningRate must be above 0 and finite");
    } = 0.01;

    /// <summary>Documents of a step; its loss is the mean of theirs. 1 is the reference.</summary>
    /// <remarks>Steps take the shuffled documents in turn, and begin anew after the last.</remarks>
    public int BatchSize { get; init => field = AtLeast1(value); } = 1;

    /// <summary>Where the random numbers start: same seed, same numbers. As in Python, the sign does not count.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>About how many bytes training takes: five or six times the parameters, and the passes' scratch.</summary>
    /// <param name="vocabSize">Tokens, as <see cref="Tokenizer.VocabSize"/> has them.</param>
    public double MemoryFor(int vocabSize)
    {
        double d = NEmbd, positions = BlockSize + 16.0; // a few to fill the last vector
        var parameters = (2.0 * vocabSize + BlockSize) * d + 12.0 * NLayer * d * d;
        var attention = positions * positions;
        var copies = BatchSize > 1 ? 6 : 5; // the values, their gradients, two moments, the last good values
        var layer = (12 * d + 2.0 * NHead) * positions + 2.0 * NHead * attention;
        var passes = (15 * d + vocabSize) * positions + 3 * attention;
        return sizeof(double) * (copies * parameters + NLayer * layer + passes);
    }

    internal GptConfig ConfigFor(Tokenizer tokenizer) => new(tokenizer.VocabSize, NLayer, NEmbd, BlockSize, NHead);

    static int AtLeast1(int value, [CallerMemberName] string option = "") =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(option, value, $"{option} must be 1 or more");
}
