using System.Buffers.Binary;
using System.Globalization;
using static MicroGpt.CheckpointException;

namespace MicroGpt;

/// <summary>A model as a safetensors file, alone or with the state of its training; see docs/checkpoint.md.</summary>
/// <remarks>
/// The state of a training run between two steps is Adam's means, the random numbers it leaves for sampling, and what
/// the model's provenance has: options, steps taken, and the data's hash.
/// </remarks>
internal static class Checkpoint
{
    const string Version = "1";
    const string M = "adam_m.", V = "adam_v.";

    /// <summary>Writes a model, with the state of its training if <paramref name="adam"/> is given.</summary>
    /// <param name="path">The file.</param>
    /// <param name="gpt">The model.</param>
    /// <param name="singlePrecision">Store each number in 4 bytes, rounded, rather than in 8 as it is.</param>
    /// <param name="adam">The optimizer, if the file is to be resumed from.</param>
    /// <exception cref="CheckpointException">A number is not finite; in single precision, or too large.</exception>
    public static void Write(string path, Gpt gpt, bool singlePrecision = false, Adam? adam = null)
    {
        var tensors = gpt.Parameters.Tensors;
        var all = tensors.Select(tensor => (tensor.Name, Tensor: tensor, gpt.Parameters.Values)).ToList();
        if (adam != null)
        {
            all.AddRange(tensors.Select(tensor => (M + tensor.Name, tensor, adam.M)));
            all.AddRange(tensors.Select(tensor => (V + tensor.Name, tensor, adam.V)));
        }
        var dtype = singlePrecision ? "F32" : "F64";
        var size = Safetensors.SizeOf(dtype)!.Value;
        var (stored, end) = (new List<StoredTensor>(), 0L);
        foreach (var (name, tensor, _) in all)
        {
            var begin = end;
            end += (long)tensor.Length * size;
            stored.Add(new(name, dtype, tensor.Rows, tensor.Columns, begin, end));
        }
        DurableFile.Write(path, stream =>
        {
            new Safetensors(Describe(gpt, adam != null), stored).Write(stream);
            foreach (var (name, tensor, values) in all)
            {
                WriteTensor(stream, name, tensor, values, size);
            }
        });
    }

    /// <summary>Reads a model, and the training state if the file has one.</summary>
    /// <exception cref="CheckpointException">Anything about the file is not as <see cref="Write"/> leaves it.</exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    public static (Gpt Gpt, Adam? Adam) Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CheckpointException($"{path}: is a folder");
        }
        try
        {
            using var stream = File.OpenRead(path);
            Require(stream.CanSeek, "is no file of a known length");
            return Read(stream);
        }
        catch (CheckpointException e)
        {
            throw new CheckpointException($"{path}: {e.Message}");
        }
        catch (EndOfStreamException)
        {
            throw new CheckpointException($"{path}: the file became shorter while it was read");
        }
    }

    static Dictionary<string, string> Describe(Gpt gpt, bool resumable)
    {
        var (config, options) = (gpt.Config, gpt.Provenance.Options);
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "microgpt",
            ["format_version"] = Version,
            ["vocabulary"] = gpt.Tokenizer.Characters,
            ["vocab_size"] = Text(config.VocabSize),
            ["n_layer"] = Text(config.NLayer),
            ["n_embd"] = Text(config.NEmbd),
            ["block_size"] = Text(config.BlockSize),
            ["n_head"] = Text(config.NHead),
            ["num_steps"] = Text(options.Steps),
            ["learning_rate"] = options.LearningRate.ToString("R", CultureInfo.InvariantCulture),
            ["batch_size"] = Text(options.BatchSize),
            ["seed"] = Text(options.Seed),
            ["steps"] = Text(gpt.Provenance.Steps),
            ["corpus_sha256"] = gpt.Provenance.CorpusSha256,
            ["library_version"] = gpt.Provenance.LibraryVersion,
        };
        if (resumable)
        {
            metadata["random_state"] = gpt.Random!.Save();
        }
        return metadata;

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    static (Gpt, Adam?) Read(Stream stream)
    {
        var header = Safetensors.Read(stream);
        var metadata = header.Metadata;
        Require(Text("format") == "microgpt", "the metadata's format is not microgpt");
        var version = Text("format_version");
        Require(version == Version, $"format_version is {version}, this library reads {Version}");
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
        });
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
        var random = resumable ? Valid(() => PythonRandom.Restore(Text("random_state"))) : null;

        // Nothing larger than the file is allocated: the metadata may promise what the tensors don't keep.
        var copies = resumable ? 3 : 1;
        var stored = header.Tensors.Sum(tensor => tensor.Rows * tensor.Columns);
        Require(stored == (long)config.ParameterCount * copies,
            $"the tensors hold {stored} numbers, the configuration needs {(long)config.ParameterCount * copies}");
        var parameters = new Parameters(config);
        var adam = resumable ? new Adam(config.ParameterCount) : null;
        var destinations = parameters.Tensors.ToDictionary(t => t.Name, t => (Tensor: t, parameters.Values));
        foreach (var tensor in resumable ? parameters.Tensors : [])
        {
            destinations.Add(M + tensor.Name, (tensor, adam!.M));
            destinations.Add(V + tensor.Name, (tensor, adam.V));
        }
        // No tensor can be missing: there are none but these, in their shapes, and the numbers add up.
        foreach (var tensor in header.Tensors)
        {
            Require(destinations.Remove(tensor.Name, out var to), $"tensor {tensor.Name}: is none of this model's");
            ReadTensor(stream, tensor, to.Tensor, to.Values);
        }
        return (new(tokenizer, parameters, provenance, random), adam);

        string Text(string key) => metadata.TryGetValue(key, out var value)
            ? value : throw new CheckpointException($"the metadata has no {key}");
        int Whole(string key) => Number<int>(key);
        double Real(string key) => double.TryParse(
            Text(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CheckpointException($"{key} is {Text(key)}, not a number");
        T Number<T>(string key) where T : System.Numerics.IBinaryInteger<T> => T.TryParse(
            Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw new CheckpointException($"{key} is {Text(key)}, not a whole number of {typeof(T).Name}");
    }

    static void WriteTensor(Stream stream, string name, Tensor tensor, double[] values, int size)
    {
        var bytes = new byte[tensor.Columns * size];
        for (var row = 0; row < tensor.Rows; row++)
        {
            for (var column = 0; column < tensor.Columns; column++)
            {
                var value = values[tensor.Offset + row * tensor.Columns + column];
                if (size == 8)
                {
                    RequireFinite(value, name, row, column);
                    BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(column * 8), value);
                }
                else
                {
                    RequireFinite((float)value, name, row, column);
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(column * 4), (float)value);
                }
            }
            stream.Write(bytes);
        }
    }

    static void ReadTensor(Stream stream, StoredTensor stored, Tensor tensor, double[] values)
    {
        Require((stored.Rows, stored.Columns) == (tensor.Rows, tensor.Columns),
            $"tensor {stored.Name}: shape [{stored.Rows}, {stored.Columns}], "
            + $"the model's is [{tensor.Rows}, {tensor.Columns}]");
        var size = Safetensors.SizeOf(stored.Dtype)!.Value;
        var isMeanOfSquares = stored.Name.StartsWith(V, StringComparison.Ordinal);
        var bytes = new byte[tensor.Columns * size];
        for (var row = 0; row < tensor.Rows; row++)
        {
            stream.ReadExactly(bytes);
            for (var column = 0; column < tensor.Columns; column++)
            {
                var value = size == 8
                    ? BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(column * 8))
                    : BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(column * 4));
                RequireFinite(value, stored.Name, row, column);
                if (value < 0 && isMeanOfSquares)
                {
                    throw new CheckpointException(
                        $"tensor {stored.Name}: {value} at [{row}, {column}], a mean of squares");
                }
                values[tensor.Offset + row * tensor.Columns + column] = value;
            }
        }
    }

    static void RequireFinite(double value, string tensor, int row, int column)
    {
        if (!double.IsFinite(value))
        {
            throw new CheckpointException($"tensor {tensor}: {value} at [{row}, {column}]");
        }
    }

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
