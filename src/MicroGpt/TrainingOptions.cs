using System.Globalization;
using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>The arithmetic of a training run.</summary>
#pragma warning disable CA1720 // these are the names that the field knows the two by
public enum Precision
{
    /// <summary>The reference's numbers in the reference's order: every bit is Python's.</summary>
    Float64,

    /// <summary>Half the memory and all cores, for larger models: about the same losses, not the same bits.</summary>
    Float32,
}
#pragma warning restore CA1720

/// <summary>How the learning rate decays to 0 by the end of the run.</summary>
public enum LearningRateDecay
{
    /// <summary>Linearly, as in the reference.</summary>
    Linear,

    /// <summary>Along half a cosine: slowly at the start and at the end.</summary>
    Cosine,
}

/// <summary>What a training run depends on, besides its data. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">An option is set to a value it can't have.</exception>
public sealed record TrainingOptions
{
    /// <summary>Training steps: how many times the parameters are adjusted.</summary>
    public int Steps { get; init => field = Valid(value); } = 1000;

    /// <summary>Depth: transformer layers, one after the other.</summary>
    public int NLayer { get; init => field = Valid(value); } = 1;

    /// <summary>Width: how many numbers describe a token inside the model.</summary>
    public int NEmbd { get; init => field = Valid(value); } = 16;

    /// <summary>Attention heads in each layer; must divide <see cref="NEmbd"/>.</summary>
    public int NHead { get; init => field = Valid(value); } = 4;

    /// <summary>Context: how many tokens the model sees at most; a longer document is learned up to there.</summary>
    public int BlockSize { get; init => field = Valid(value); } = 16;

    /// <summary>The peak learning rate: the first step's if there is no warm-up.</summary>
    public double LearningRate { get; init => field = Valid(value); } = 0.01;

    /// <summary>Documents in a step; its loss is the mean of theirs. 1 is the reference.</summary>
    /// <remarks>Steps take the shuffled documents in turn, and begin again after the last.</remarks>
    public int BatchSize { get; init => field = Valid(value); } = 1;

    /// <summary>The arithmetic.</summary>
    public Precision Precision { get; init => field = Defined(value); }

    /// <summary>How the learning rate decays to 0.</summary>
    public LearningRateDecay LearningRateDecay { get; init => field = Defined(value); }

    /// <summary>Steps over which the learning rate first rises linearly; fewer than <see cref="Steps"/>.</summary>
    public int WarmupSteps { get; init => field = Valid(value); }

    /// <summary>The gradient's maximum length, as a vector; a longer one is scaled down to it. 0: no limit.</summary>
    public double GradientClip { get; init => field = Valid(value); }

    /// <summary>
    /// Each step first shrinks every parameter by this fraction times the learning rate (AdamW; Loshchilov and Hutter,
    /// 2017). 0 is the reference's Adam.
    /// </summary>
    public double WeightDecay { get; init => field = Valid(value); }

    /// <summary>Seeds the random numbers: same seed, same numbers. As in Python, the sign does not count.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>About how many bytes training takes: some copies of the parameters, and the engine's memory.</summary>
    /// <param name="vocabSize">Tokens, as <see cref="Tokenizer.VocabSize"/> has them.</param>
    /// <param name="threads">As <see cref="Trainer"/> takes them: 0 is one for each core.</param>
    public double MemoryFor(int vocabSize, int threads = 0) => Engine.MemoryFor(this, vocabSize, threads);

    /// <summary>How far step <paramref name="step"/>, counted from 0, moves the parameters.</summary>
    internal double RateOf(int step)
    {
        if (step < WarmupSteps)
        {
            return LearningRate * (step + 1) / (WarmupSteps + 1);
        }
        var done = (double)(step - WarmupSteps) / (Steps - WarmupSteps);
        return LearningRateDecay == LearningRateDecay.Cosine
            ? LearningRate * ((1 + Math.Cos(Math.PI * done)) / 2)
            : LearningRate * (1 - done);
    }

    internal GptConfig ConfigFor(Tokenizer tokenizer) => new(tokenizer.VocabSize, NLayer, NEmbd, BlockSize, NHead);

    // What a value must be stands in the table of options.
    static T Valid<T>(T value, [CallerMemberName] string name = "") where T : struct, IFormattable =>
        TrainingOption.Named(name).Complaint(value.ToString(null, CultureInfo.InvariantCulture)) is string wrong
            ? throw new ArgumentOutOfRangeException(name, value, $"{name} {wrong}") : value;

    static T Defined<T>(T value, [CallerMemberName] string name = "") where T : struct, Enum => Enum.IsDefined(value)
        ? value : throw new ArgumentOutOfRangeException(name, value, $"there is no {name} {value}");
}
