using System.Globalization;
using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>The arithmetic of a training run.</summary>
#pragma warning disable CA1720 // these are the field's names
public enum Precision
{
    /// <summary>The reference's operations in the reference's order: bit for bit as in Python.</summary>
    Float64,

    /// <summary>Half the memory, on all cores, for larger models: similar losses, not the same bits.</summary>
    Float32,
}
#pragma warning restore CA1720

/// <summary>How the learning rate decays to 0 by the end of the run.</summary>
public enum LearningRateDecay
{
    /// <summary>Linear, as in the reference.</summary>
    Linear,

    /// <summary>Half a cosine: slow at the start and at the end.</summary>
    Cosine,
}

/// <summary>How a step follows from the gradient.</summary>
public enum Optimizer
{
    /// <summary>Adam for all parameters, as in the reference.</summary>
    Adam,

    /// <summary>
    /// Muon (Jordan and others, 2024) for the layers' matrices, Adam for the embeddings and lm_head. A step takes longer
    /// and learns more. Needs <see cref="Precision.Float32"/>.
    /// </summary>
    Muon,
}

/// <summary>What a step's loss is the mean of.</summary>
public enum LossAverage
{
    /// <summary>The documents' losses, each the mean over its predictions, as in the reference.</summary>
    Documents,

    /// <summary>
    /// All predictions of the step alike: what an evaluation measures. Needs <see cref="Precision.Float32"/>.
    /// </summary>
    Tokens,
}

/// <summary>Where the chunks of a text begin.</summary>
public enum ChunkStarts
{
    /// <summary>In all epochs where <see cref="Corpus"/> begins them.</summary>
    Fixed,

    /// <summary>Elsewhere in each epoch, so that the model takes longer to learn the text by heart.</summary>
    Moving,
}

/// <summary>Everything a training run depends on besides its data. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">An option is set to an invalid value.</exception>
public sealed record TrainingOptions
{
    /// <summary>Training steps: the number of parameter updates.</summary>
    public int Steps { get; init => field = Valid(value); } = 1000;

    /// <summary>Depth: the number of transformer layers.</summary>
    public int NLayer { get; init => field = Valid(value); } = 1;

    /// <summary>Width: the length of the vector that represents a token.</summary>
    public int NEmbd { get; init => field = Valid(value); } = 16;

    /// <summary>Attention heads in each layer; must divide <see cref="NEmbd"/>.</summary>
    public int NHead { get; init => field = Valid(value); } = 4;

    /// <summary>Context: the maximum number of tokens the model sees; longer documents are cut there.</summary>
    public int BlockSize { get; init => field = Valid(value); } = 16;

    /// <summary>The peak learning rate: the first step's if there is no warm-up.</summary>
    public double LearningRate { get; init => field = Valid(value); } = 0.01;

    /// <summary>Documents per step, whose losses are averaged. The reference has 1.</summary>
    /// <remarks>Steps take the shuffled documents in order, epoch after epoch.</remarks>
    public int BatchSize { get; init => field = Valid(value); } = 1;

    /// <summary>The arithmetic.</summary>
    public Precision Precision { get; init => field = Defined(value); }

    /// <summary>How the learning rate decays to 0.</summary>
    public LearningRateDecay LearningRateDecay { get; init => field = Defined(value); }

    /// <summary>Steps of linear learning-rate warm-up; must be fewer than <see cref="Steps"/>.</summary>
    public int WarmupSteps { get; init => field = Valid(value); }

    /// <summary>The maximum norm of the gradient; a longer gradient is scaled down to it. 0: no limit.</summary>
    public double GradientClip { get; init => field = Valid(value); }

    /// <summary>
    /// Each step first shrinks every parameter by this fraction times the learning rate (AdamW; Loshchilov and Hutter,
    /// 2017). 0 is the reference's Adam.
    /// </summary>
    public double WeightDecay { get; init => field = Valid(value); }

    /// <summary>How a step follows from the gradient.</summary>
    public Optimizer Optimizer { get; init => field = Defined(value); }

    /// <summary>
    /// What a step's loss is the mean of. By documents, a character of a short document counts for more than one of a
    /// long document.
    /// </summary>
    public LossAverage LossAverage { get; init => field = Defined(value); }

    /// <summary>Where the documents begin, if they are the chunks of a text (<see cref="DocumentUnit.Chunk"/>).</summary>
    public ChunkStarts ChunkStarts { get; init => field = Defined(value); }

    /// <summary>Seeds the random numbers. As in Python, the sign is ignored.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Approximate memory for training, in bytes: copies of the parameters, and the engine's buffers.</summary>
    /// <param name="vocabSize">The number of tokens: <see cref="Tokenizer.VocabSize"/>.</param>
    /// <param name="threads">As for <see cref="Trainer"/>; 0: one per core.</param>
    /// <param name="ranks">The number of processes that share each step; the memory is that of one of them.</param>
    public double MemoryFor(int vocabSize, int threads = 0, int ranks = 1) =>
        Engine.MemoryFor(this, vocabSize, threads, ranks);

    /// <summary>The learning rate of step <paramref name="step"/>, counted from 0.</summary>
    internal double RateOf(int step)
    {
        if (step < WarmupSteps)
        {
            return LearningRate * (step + 1) / (WarmupSteps + 1);
        }
        var done = (double)(step - WarmupSteps) / (Steps - WarmupSteps);
        return LearningRateDecay == LearningRateDecay.Cosine
            ? LearningRate * ((1 + Libm.Cos(Math.PI * done)) / 2)
            : LearningRate * (1 - done);
    }

    internal GptConfig ConfigFor(Tokenizer tokenizer) => new(tokenizer.VocabSize, NLayer, NEmbd, BlockSize, NHead);

    // The table of options defines which values are valid.
    static T Valid<T>(T value, [CallerMemberName] string name = "") where T : struct, IFormattable =>
        TrainingOption.Named(name).Complaint(value.ToString(null, CultureInfo.InvariantCulture)) is string wrong
            ? throw new ArgumentOutOfRangeException(name, value, $"{name} {wrong}") : value;

    static T Defined<T>(T value, [CallerMemberName] string name = "") where T : struct, Enum => Enum.IsDefined(value)
        ? value : throw new ArgumentOutOfRangeException(name, value, $"there is no {name} {value}");
}
