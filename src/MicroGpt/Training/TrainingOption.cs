using System.Globalization;

namespace MicroGpt;

/// <summary>
/// A training option: its names in C#, in a checkpoint and on a command line, its values and its meaning. Code that
/// handles all options goes through <see cref="All"/>, so a new one is a property and a line there.
/// </summary>
public sealed class TrainingOption
{
    readonly Func<string, string?> complaint;
    readonly Func<TrainingOptions, string> get;
    readonly Func<TrainingOptions, string, TrainingOptions> set;

    TrainingOption(string name, string key, string flag, string value, string meaning,
        Func<string, string?> complaint, Func<TrainingOptions, string> get,
        Func<TrainingOptions, string, TrainingOptions> set)
    {
        (Name, Key, Flag, Value, Meaning) = (name, key, flag, value, meaning);
        (this.complaint, this.get, this.set) = (complaint, get, set);
    }

    // What the exact engine, which is the reference's arithmetic, lacks.
    static readonly string[] ofFloat32 = [nameof(TrainingOptions.Optimizer), nameof(TrainingOptions.LossAverage)];

    /// <summary>All options, in help order.</summary>
    public static IReadOnlyList<TrainingOption> All { get; } =
    [
        Whole("Steps", "num_steps", "--steps", "training steps", 1, o => o.Steps, (o, v) => o with { Steps = v }),
        Whole("NLayer", "n_layer", "--n-layer", "depth: transformer layers", 1,
            o => o.NLayer, (o, v) => o with { NLayer = v }),
        Whole("NEmbd", "n_embd", "--n-embd", "width: length of a token's vector", 1,
            o => o.NEmbd, (o, v) => o with { NEmbd = v }),
        Whole("NHead", "n_head", "--n-head", "attention heads per layer; must divide n-embd", 1,
            o => o.NHead, (o, v) => o with { NHead = v }),
        Whole("BlockSize", "block_size", "--block-size", "context: a longer document is cut there", 1,
            o => o.BlockSize, (o, v) => o with { BlockSize = v }),
        Real("LearningRate", "learning_rate", "--learning-rate", "peak learning rate",
            v => v > 0 && double.IsFinite(v), "above 0 and finite",
            o => o.LearningRate, (o, v) => o with { LearningRate = v }),
        Whole("BatchSize", "batch_size", "--batch-size", "documents per step", 1,
            o => o.BatchSize, (o, v) => o with { BatchSize = v }),
        new("Seed", "seed", "--seed", "N", "same seed, same result",
            text => Parse(text, out long _) ? null : "must be a whole number from -2^63 to 2^63 - 1",
            o => Text(o.Seed), (o, text) => o with { Seed = Parse(text, out long v) ? v : o.Seed }),
        Word("Precision", "precision", "--precision", "f64: Python's bits; f32: faster, on all cores",
            ["f64", "f32"], o => (int)o.Precision, (o, v) => o with { Precision = (Precision)v }),
        Word("LearningRateDecay", "learning_rate_decay", "--schedule", "learning-rate decay: linear or cosine",
            ["linear", "cosine"], o => (int)o.LearningRateDecay,
            (o, v) => o with { LearningRateDecay = (LearningRateDecay)v }),
        Whole("WarmupSteps", "warmup_steps", "--warmup", "steps of linear learning-rate warm-up", 0,
            o => o.WarmupSteps, (o, v) => o with { WarmupSteps = v }),
        Real("GradientClip", "gradient_clip", "--clip", "maximum gradient norm; 0: no limit",
            v => v >= 0 && double.IsFinite(v), "0 or more, and finite",
            o => o.GradientClip, (o, v) => o with { GradientClip = v }),
        Real("WeightDecay", "weight_decay", "--weight-decay", "shrinks parameters by X times the rate (AdamW)",
            v => v >= 0 && double.IsFinite(v), "0 or more, and finite",
            o => o.WeightDecay, (o, v) => o with { WeightDecay = v }),
        Word("Optimizer", "optimizer", "--optimizer", "adam, or muon for the layers' matrices (f32)",
            ["adam", "muon"], o => (int)o.Optimizer, (o, v) => o with { Optimizer = (Optimizer)v }),
        Word("LossAverage", "loss_average", "--average", "loss: mean over documents or tokens (f32)",
            ["documents", "tokens"], o => (int)o.LossAverage, (o, v) => o with { LossAverage = (LossAverage)v }),
        Word("ChunkStarts", "chunk_starts", "--chunk-starts", "chunks begin: fixed, or moving in each epoch",
            ["fixed", "moving"], o => (int)o.ChunkStarts, (o, v) => o with { ChunkStarts = (ChunkStarts)v }),
    ];

    /// <summary>Its property of <see cref="TrainingOptions"/>, such as NLayer.</summary>
    public string Name { get; }

    /// <summary>Its key in a checkpoint's metadata, such as n_layer.</summary>
    public string Key { get; }

    /// <summary>Its name on a command line, such as --n-layer.</summary>
    public string Flag { get; }

    /// <summary>Its placeholder in the help: N (whole number), X (real number) or WORD.</summary>
    public string Value { get; }

    /// <summary>Its description in the help.</summary>
    public string Meaning { get; }

    /// <summary>Its default, as in microgpt.cs, as text.</summary>
    public string Standard => get(new());

    /// <summary>Its value as text, which <see cref="With"/> reads back without loss.</summary>
    public string Of(TrainingOptions options) => get(options);

    /// <summary>Why a text is not a valid value, as the end of a sentence; null if it is.</summary>
    public string? Complaint(string text) => complaint(text);

    /// <summary>A copy of the options with this one changed.</summary>
    /// <exception cref="ArgumentException">The text is not a valid value.</exception>
    public TrainingOptions With(TrainingOptions options, string text) => complaint(text) is string wrong
        ? throw new ArgumentException($"{Name} {text}: {wrong}", nameof(text)) : set(options, text);

    /// <summary>A contradiction between options that are valid alone, as a sentence; null if there is none.</summary>
    /// <param name="options">The options.</param>
    /// <param name="called">How the sentence names an option: by <see cref="Flag"/>, for instance.</param>
    public static string? Contradiction(TrainingOptions options, Func<TrainingOption, string> called)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(called);
        if (options.NEmbd % options.NHead != 0)
        {
            return $"{NameAndValue(nameof(options.NHead))} must divide {NameAndValue(nameof(options.NEmbd))}";
        }
        if (options.WarmupSteps >= options.Steps)
        {
            return $"{NameAndValue(nameof(options.WarmupSteps))} must be less than {NameAndValue(nameof(options.Steps))}";
        }
        if (options.WeightDecay * options.LearningRate >= 1)
        {
            return $"{NameAndValue(nameof(options.WeightDecay))} times {NameAndValue(nameof(options.LearningRate))} "
                + "would shrink every parameter to 0 in one step";
        }
        if (options.Precision == Precision.Float64
            && Array.Find(ofFloat32, name => Named(name).Of(options) != Named(name).Standard) is string name)
        {
            var precision = Named(nameof(options.Precision));
            var float32 = precision.Of(options with { Precision = Precision.Float32 });
            return $"{NameAndValue(name)} needs {called(precision)} {float32}";
        }
        return null;

        string NameAndValue(string name)
        {
            var option = Named(name);
            return $"{called(option)} {option.Of(options)}";
        }
    }

    internal static TrainingOption Named(string name) => All.First(option => option.Name == name);

    static TrainingOption Whole(string name, string key, string flag, string meaning, int min,
        Func<TrainingOptions, int> get, Func<TrainingOptions, int, TrainingOptions> set) => new(
            name, key, flag, "N", meaning,
            text => !Parse(text, out long value) || value > int.MaxValue
                ? $"must be a whole number up to {int.MaxValue}" : value < min ? $"must be {min} or more" : null,
            options => Text(get(options)),
            (options, text) => set(options, Parse(text, out long value) ? (int)value : get(options)));

    static TrainingOption Real(string name, string key, string flag, string meaning,
        Func<double, bool> allowed, string rule,
        Func<TrainingOptions, double> get, Func<TrainingOptions, double, TrainingOptions> set) => new(
            name, key, flag, "X", meaning,
            text => !Parse(text, out double value) ? $"is not a number; it must be {rule}"
                : allowed(value) ? null : $"must be {rule}",
            options => Text(get(options)),
            (options, text) => set(options, Parse(text, out double value) ? value : get(options)));

    static TrainingOption Word(string name, string key, string flag, string meaning, string[] words,
        Func<TrainingOptions, int> get, Func<TrainingOptions, int, TrainingOptions> set) => new(
            name, key, flag, "WORD", meaning,
            text => words.Contains(text) ? null : "must be " + string.Join(" or ", words),
            options => words[get(options)],
            (options, text) => set(options, Array.IndexOf(words, text)));

    static bool Parse(string text, out long value) =>
        long.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    static bool Parse(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
