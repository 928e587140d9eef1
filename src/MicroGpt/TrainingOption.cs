using System.Globalization;

namespace MicroGpt;

/// <summary>
/// One option of a training run: its name in C#, in a checkpoint and on a command line, its values, and its meaning. All
/// that treats options alike goes through <see cref="All"/>: a further option is a property and a line there.
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

    /// <summary>All options, in the order of a help page.</summary>
    public static IReadOnlyList<TrainingOption> All { get; } =
    [
        Whole("Steps", "num_steps", "--steps", "training steps", 1, o => o.Steps, (o, v) => o with { Steps = v }),
        Whole("NLayer", "n_layer", "--n-layer", "depth: transformer layers", 1,
            o => o.NLayer, (o, v) => o with { NLayer = v }),
        Whole("NEmbd", "n_embd", "--n-embd", "width: numbers that describe a token", 1,
            o => o.NEmbd, (o, v) => o with { NEmbd = v }),
        Whole("NHead", "n_head", "--n-head", "attention heads in a layer; divides n-embd", 1,
            o => o.NHead, (o, v) => o with { NHead = v }),
        Whole("BlockSize", "block_size", "--block-size", "context: a longer document is cut there", 1,
            o => o.BlockSize, (o, v) => o with { BlockSize = v }),
        Real("LearningRate", "learning_rate", "--learning-rate", "peak learning rate",
            v => v > 0 && double.IsFinite(v), "above 0 and finite",
            o => o.LearningRate, (o, v) => o with { LearningRate = v }),
        Whole("BatchSize", "batch_size", "--batch-size", "documents in a step", 1,
            o => o.BatchSize, (o, v) => o with { BatchSize = v }),
        new("Seed", "seed", "--seed", "N", "same seed, same result",
            text => Parse(text, out long _) ? null : "must be a whole number from -2^63 to 2^63 - 1",
            o => Text(o.Seed), (o, text) => o with { Seed = Parse(text, out long v) ? v : o.Seed }),
        Word("Precision", "precision", "--precision", "f64: Python's bits; f32: faster, on all cores",
            ["f64", "f32"], o => (int)o.Precision, (o, v) => o with { Precision = (Precision)v }),
        Word("LearningRateDecay", "learning_rate_decay", "--schedule", "learning-rate decay: linear or cosine",
            ["linear", "cosine"], o => (int)o.LearningRateDecay,
            (o, v) => o with { LearningRateDecay = (LearningRateDecay)v }),
        Whole("WarmupSteps", "warmup_steps", "--warmup", "steps over which the learning rate rises first", 0,
            o => o.WarmupSteps, (o, v) => o with { WarmupSteps = v }),
        Real("GradientClip", "gradient_clip", "--clip", "maximum length of the gradient; 0: no limit",
            v => v >= 0 && double.IsFinite(v), "0 or more, and finite",
            o => o.GradientClip, (o, v) => o with { GradientClip = v }),
        Real("WeightDecay", "weight_decay", "--weight-decay", "shrinks parameters by X times the rate (AdamW)",
            v => v >= 0 && double.IsFinite(v), "0 or more, and finite",
            o => o.WeightDecay, (o, v) => o with { WeightDecay = v }),
    ];

    /// <summary>Its property of <see cref="TrainingOptions"/>, such as NLayer.</summary>
    public string Name { get; }

    /// <summary>Its key in a checkpoint's metadata, such as n_layer.</summary>
    public string Key { get; }

    /// <summary>Its name on a command line, such as --n-layer.</summary>
    public string Flag { get; }

    /// <summary>What a help page shows as its value: N (whole), X (real) or WORD.</summary>
    public string Value { get; }

    /// <summary>A few words for a help page.</summary>
    public string Meaning { get; }

    /// <summary>The default, microgpt.cs's, as text.</summary>
    public string Standard => get(new());

    /// <summary>Its value as text, which <see cref="With"/> reads back without loss.</summary>
    public string Of(TrainingOptions options) => get(options);

    /// <summary>Why a text is not a value of this option, as the end of a sentence; null if it is one.</summary>
    public string? Complaint(string text) => complaint(text);

    /// <summary>The same options but for this one.</summary>
    /// <exception cref="ArgumentException">The text is not a value of this option.</exception>
    public TrainingOptions With(TrainingOptions options, string text) => complaint(text) is string wrong
        ? throw new ArgumentException($"{Name} {text}: {wrong}", nameof(text)) : set(options, text);

    /// <summary>What contradicts itself in options that are each fine, as a sentence; null if nothing does.</summary>
    /// <param name="options">The options.</param>
    /// <param name="called">The name that the sentence gives an option: <see cref="Flag"/>, for instance.</param>
    public static string? Contradiction(TrainingOptions options, Func<TrainingOption, string> called)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(called);
        if (options.NEmbd % options.NHead != 0)
        {
            return $"{Told(nameof(options.NHead))} does not divide {Told(nameof(options.NEmbd))}";
        }
        if (options.WarmupSteps >= options.Steps)
        {
            return $"{Told(nameof(options.WarmupSteps))} is not below {Told(nameof(options.Steps))}";
        }
        if (options.WeightDecay * options.LearningRate >= 1)
        {
            return $"{Told(nameof(options.WeightDecay))} times {Told(nameof(options.LearningRate))} "
                + "would shrink every parameter to 0 in one step";
        }
        return null;

        string Told(string name)
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
