using System.Globalization;
using System.Numerics;
using static MicroGpt.CheckpointException;

namespace MicroGpt;

/// <summary>The strings in a checkpoint's header: the model's shape, vocabulary and provenance.</summary>
internal static class CheckpointMetadata
{
    static readonly string[] versions = ["1", "2", "3"];
    const string Documents = "documents", ChunkLength = "chunk_length";
    const string Start = "start_sha256";
    const string ValidationFraction = "validation_fraction", ValidationSeed = "validation_seed";

    static readonly string[] units = ["lines", "paragraphs", "chunks"]; // in the order of DocumentUnit

    // Options that came later, and the format version that they need if they differ from the reference: readers of
    // earlier versions ignore them. Files that lack them were trained with the reference's values.
    static readonly Dictionary<string, int> later = new()
    {
        ["precision"] = 2,
        ["learning_rate_decay"] = 2,
        ["warmup_steps"] = 2,
        ["gradient_clip"] = 2,
        ["weight_decay"] = 2,
        ["optimizer"] = 3,
        ["loss_average"] = 3,
        ["chunk_starts"] = 3,
    };

    /// <summary>Describes a model, including the random generator if its training is to be resumable.</summary>
    public static Dictionary<string, string> Of(Gpt gpt, bool resumable)
    {
        var (provenance, reading) = (gpt.Provenance, gpt.Provenance.Reading);
        var options = provenance.Options;
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Safetensors.Format,
            ["format_version"] = Text(VersionFor(options)),
            ["vocabulary"] = gpt.Tokenizer.Characters,
            ["vocab_size"] = Text(gpt.Config.VocabSize),
        };
        foreach (var option in TrainingOption.All)
        {
            metadata[option.Key] = option.Of(options);
        }
        metadata["steps"] = Text(provenance.Steps);
        metadata["corpus_sha256"] = provenance.CorpusSha256;
        metadata[Documents] = units[(int)reading.Unit];
        if (reading.Unit == DocumentUnit.Chunk)
        {
            metadata[ChunkLength] = Text(reading.ChunkLength);
        }
        if (reading.ValidationFraction > 0)
        {
            metadata[ValidationFraction] = Text(reading.ValidationFraction);
            metadata[ValidationSeed] = Text(reading.ValidationSeed);
        }
        if (provenance.StartSha256 != null)
        {
            metadata[Start] = provenance.StartSha256;
        }
        metadata["library_version"] = provenance.LibraryVersion;
        if (resumable)
        {
            metadata["random_state"] = gpt.Random!.Save();
        }
        return metadata;

        static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
    }

    /// <summary>Parses what <see cref="Of"/> wrote; the random generator is null unless the run can be resumed.</summary>
    /// <exception cref="CheckpointException">A key is missing or malformed, or describes an impossible model.</exception>
    public static (Tokenizer, GptConfig, Provenance, PythonRandom?) Read(IReadOnlyDictionary<string, string> metadata)
    {
        var version = Text("format_version");
        Require(versions.Contains(version),
            $"format_version is {version}, this library reads {string.Join(", ", versions)}");
        var options = new TrainingOptions();
        foreach (var option in TrainingOption.All)
        {
            if (metadata.ContainsKey(option.Key) || !later.ContainsKey(option.Key))
            {
                var text = Text(option.Key);
                var wrong = option.Complaint(text);
                Require(wrong == null, $"{option.Key} is {text}: {wrong}");
                options = option.With(options, text);
            }
        }
        var contradiction = TrainingOption.Contradiction(options, option => option.Key);
        Require(contradiction == null, $"the metadata describes an impossible model: {contradiction}");
        var tokenizer = Valid(() => new Tokenizer([Text("vocabulary")]));
        Require(tokenizer.Characters == Text("vocabulary"), "the vocabulary is not in order, or repeats a character");
        Require(Number<int>("vocab_size") == tokenizer.VocabSize,
            $"vocab_size is {Text("vocab_size")}, the vocabulary and BOS make {tokenizer.VocabSize}");
        var config = Valid(() => options.ConfigFor(tokenizer));
        var steps = Number<int>("steps");
        Require(steps >= 0 && steps <= options.Steps, $"steps is {steps}, not from 0 to num_steps");
        var provenance = new Provenance(options, steps, Hash("corpus_sha256"), Reading(), Text("library_version"))
        {
            StartSha256 = metadata.ContainsKey(Start) ? Hash(Start) : null,
        };
        var resumable = metadata.ContainsKey("random_state");
        return (tokenizer, config, provenance,
            resumable ? Valid(() => PythonRandom.Restore(Text("random_state"))) : null);

        string Text(string key) => metadata.TryGetValue(key, out var value)
            ? value : throw new CheckpointException($"the metadata has no {key}");
        string Hash(string key)
        {
            var text = Text(key);
            Require(text.Length == 64 && text.All(char.IsAsciiHexDigitLower), $"{key} is not 64 hexadecimal digits");
            return text;
        }
        T Number<T>(string key) where T : INumber<T> => T.TryParse(
            Text(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CheckpointException($"{key} is {Text(key)}, not a number of type {typeof(T).Name}");
        TextReading Reading()
        {
            var reading = new TextReading();
            if (metadata.TryGetValue(Documents, out var word))
            {
                var unit = Array.IndexOf(units, word);
                Require(unit >= 0, $"{Documents} is {word}, not {string.Join(", ", units)}");
                reading = reading with { Unit = (DocumentUnit)unit };
            }
            if (reading.Unit == DocumentUnit.Chunk)
            {
                reading = reading with { ChunkLength = Number<int>(ChunkLength) };
                Require(reading.ChunkLength > 0, $"{ChunkLength} is {reading.ChunkLength}, not 1 or more");
            }
            if (metadata.ContainsKey(ValidationFraction))
            {
                var fraction = Number<double>(ValidationFraction);
                Require(fraction is > 0 and < 1, $"{ValidationFraction} is {fraction}, not between 0 and 1");
                reading = reading with { ValidationFraction = fraction, ValidationSeed = Number<long>(ValidationSeed) };
            }
            return reading;
        }
    }

    // The first version whose readers know every option that differs from the reference.
    static int VersionFor(TrainingOptions options) => TrainingOption.All.Max(option =>
        option.Of(options) == option.Standard ? 1 : later.GetValueOrDefault(option.Key, 1));

    // The file must not contain values that the public types refuse.
    static T Valid<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(
                $"the metadata describes an impossible model: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
