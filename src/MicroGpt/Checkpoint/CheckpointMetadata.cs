using System.Globalization;
using System.Numerics;
using static MicroGpt.CheckpointException;

namespace MicroGpt;

/// <summary>What a checkpoint says about itself in strings: its shape, its characters, and where it comes from.</summary>
internal static class CheckpointMetadata
{
    const string Version = "1", WithTextOptions = "2", F64 = "f64", F32 = "f32", Linear = "linear", Cosine = "cosine";

    /// <summary>Describes a model, with the random numbers of its training if it is to be resumed.</summary>
    public static Dictionary<string, string> Of(Gpt gpt, bool resumable)
    {
        var (config, options) = (gpt.Config, gpt.Provenance.Options);
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "microgpt",
            ["format_version"] = IsPlain(options) ? Version : WithTextOptions,
            ["vocabulary"] = gpt.Tokenizer.Characters,
            ["vocab_size"] = Text(config.VocabSize),
            ["n_layer"] = Text(config.NLayer),
            ["n_embd"] = Text(config.NEmbd),
            ["block_size"] = Text(config.BlockSize),
            ["n_head"] = Text(config.NHead),
            ["num_steps"] = Text(options.Steps),
            ["learning_rate"] = Text(options.LearningRate),
            ["batch_size"] = Text(options.BatchSize),
            ["seed"] = Text(options.Seed),
            ["precision"] = options.Precision == Precision.Float32 ? F32 : F64,
            ["learning_rate_decay"] = options.LearningRateDecay == LearningRateDecay.Cosine ? Cosine : Linear,
            ["warmup_steps"] = Text(options.WarmupSteps),
            ["gradient_clip"] = Text(options.GradientClip),
            ["weight_decay"] = Text(options.WeightDecay),
            ["steps"] = Text(gpt.Provenance.Steps),
            ["corpus_sha256"] = gpt.Provenance.CorpusSha256,
            ["library_version"] = gpt.Provenance.LibraryVersion,
        };
        if (resumable)
        {
            metadata["random_state"] = gpt.Random!.Save();
        }
        return metadata;

        static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
    }

    /// <summary>Reads what <see cref="Of"/> wrote; random numbers only if the training can be resumed.</summary>
    /// <exception cref="CheckpointException">Something is missing, malformed, or makes no model.</exception>
    public static (Tokenizer, GptConfig, Provenance, PythonRandom?) Read(IReadOnlyDictionary<string, string> metadata)
    {
        Require(Text("format") == "microgpt", "the metadata's format is not microgpt");
        var version = Text("format_version");
        Require(version is Version or WithTextOptions,
            $"format_version is {version}, this library reads {Version} and {WithTextOptions}");
        var options = Valid(() => new TrainingOptions
        {
            Steps = Whole("num_steps"),
            NLayer = Whole("n_layer"),
            NEmbd = Whole("n_embd"),
            NHead = Whole("n_head"),
            BlockSize = Whole("block_size"),
            LearningRate = Real("learning_rate"),
            BatchSize = Whole("batch_size"),
            Seed = Number<long>("seed"),
            Precision = OneOf("precision", (F64, Precision.Float64), (F32, Precision.Float32)),
            LearningRateDecay = OneOf(
                "learning_rate_decay", (Linear, LearningRateDecay.Linear), (Cosine, LearningRateDecay.Cosine)),
            WarmupSteps = WholeOr0("warmup_steps"),
            GradientClip = RealOr0("gradient_clip"),
            WeightDecay = RealOr0("weight_decay"),
        });
        Require(options.WarmupSteps < options.Steps, $"warmup_steps is {options.WarmupSteps}, not below num_steps");
        var tokenizer = Valid(() => new Tokenizer([Text("vocabulary")]));
        Require(tokenizer.Characters == Text("vocabulary"), "the vocabulary is not in order, or repeats a character");
        Require(Whole("vocab_size") == tokenizer.VocabSize,
            $"vocab_size is {Text("vocab_size")}, the vocabulary and BOS make {tokenizer.VocabSize}");
        var config = Valid(() => options.ConfigFor(tokenizer));
        var steps = Whole("steps");
        Require(steps >= 0 && steps <= options.Steps, $"steps is {steps}, not from 0 to num_steps");
        var sha256 = Text("corpus_sha256");
        Require(sha256.Length == 64 && sha256.All(char.IsAsciiHexDigitLower),
            "corpus_sha256 is not 64 hexadecimal digits");
        var provenance = new Provenance(options, steps, sha256, Text("library_version"));
        var resumable = metadata.ContainsKey("random_state");
        return (tokenizer, config, provenance,
            resumable ? Valid(() => PythonRandom.Restore(Text("random_state"))) : null);

        string Text(string key) => metadata.TryGetValue(key, out var value)
            ? value : throw new CheckpointException($"the metadata has no {key}");
        int Whole(string key) => Number<int>(key);
        // Files of version 1.0 know these options only as the reference has them.
        int WholeOr0(string key) => metadata.ContainsKey(key) ? Whole(key) : 0;
        double RealOr0(string key) => metadata.ContainsKey(key) ? Real(key) : 0;
        T OneOf<T>(string key, (string Name, T Value) first, (string Name, T Value) second) =>
            !metadata.TryGetValue(key, out var name) || name == first.Name ? first.Value
            : name == second.Name ? second.Value
            : throw new CheckpointException($"{key} is {name}, not {first.Name} or {second.Name}");
        double Real(string key) => double.TryParse(
            Text(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CheckpointException($"{key} is {Text(key)}, not a number");
        T Number<T>(string key) where T : IBinaryInteger<T> => T.TryParse(
            Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CheckpointException($"{key} is {Text(key)}, not a whole number of {typeof(T).Name}");
    }

    // What a reader of version 1 may ignore: it would make the same model.
    static bool IsPlain(TrainingOptions options) => options with
    {
        Precision = default,
        LearningRateDecay = default,
        WarmupSteps = 0,
        GradientClip = 0,
        WeightDecay = 0,
    } == options;

    // What the public types refuse, the file must not contain.
    static T Valid<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException($"the metadata makes no model: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
