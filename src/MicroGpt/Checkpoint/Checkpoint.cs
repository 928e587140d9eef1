using System.Buffers.Binary;
using System.Globalization;
using static MicroGpt.CheckpointException;

namespace MicroGpt;

/// <summary>Reads and writes a model, with or without its training state, as docs/checkpoint.md describes.</summary>
/// <remarks>
/// Between steps, the state of a run is Adam's moments, the random generator that sampling will continue, and the model's
/// provenance: options, steps taken, and the data's hash.
/// </remarks>
internal static class Checkpoint
{
    const string M = "adam_m.", V = "adam_v.";

    // A tensor of the file, and the buffer of its numbers. (A class: lists of tuples cost JIT time at every start.)
    sealed record Part(string Name, Tensor Tensor, double[] Values);

    /// <summary>Writes a model, with the state of its training if <paramref name="moments"/> is given.</summary>
    /// <param name="path">The file.</param>
    /// <param name="gpt">The model.</param>
    /// <param name="singlePrecision">Store each number in 4 bytes, rounded if it was trained in 8.</param>
    /// <param name="moments">Adam's state, if the file is to be resumable.</param>
    /// <exception cref="CheckpointException">A number is not finite, or too large for 4 bytes.</exception>
    public static void Write(string path, Gpt gpt, bool singlePrecision = false, Moments? moments = null) =>
        DurableFile.Write(path, IsOurs, stream => Write(stream, gpt, singlePrecision, moments));

    /// <summary>Writes a model to a stream, from its position on.</summary>
    /// <exception cref="CheckpointException">A number is not finite, or too large for 4 bytes.</exception>
    public static void Write(Stream stream, Gpt gpt, bool singlePrecision, Moments? moments)
    {
        var tensors = gpt.Parameters.Tensors;
        var all = tensors.Select(tensor => new Part(tensor.Name, tensor, gpt.Parameters.Values)).ToList();
        if (moments != null)
        {
            all.AddRange(tensors.Select(tensor => new Part(M + tensor.Name, tensor, moments.M)));
            all.AddRange(tensors.Select(tensor => new Part(V + tensor.Name, tensor, moments.V)));
        }
        var dtype = singlePrecision ? "F32" : NumbersOf(gpt.Provenance);
        var size = Safetensors.SizeOf(dtype)!.Value;
        var (stored, end) = (new List<StoredTensor>(), 0L);
        foreach (var (name, tensor, _) in all)
        {
            var begin = end;
            end += (long)tensor.Length * size;
            stored.Add(new(name, dtype, tensor.Rows, tensor.Columns, begin, end));
        }
        new Safetensors(CheckpointMetadata.Of(gpt, resumable: moments != null), stored).Write(stream);
        stream.Flush(); // from here on a file can be recognized as ours
        foreach (var (name, tensor, values) in all)
        {
            WriteTensor(stream, name, tensor, values, size);
        }
    }

    /// <summary>Whether a file begins like one of ours, so that it may be a draft that a crash left.</summary>
    public static bool IsOurs(Stream stream)
    {
        Span<byte> start = stackalloc byte[64];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return start.Length > 8 && start[8..].StartsWith("""{"__metadata__":{"format":"microgpt","format_version":"""u8);
    }

    /// <summary>Reads a model, and the training state if the file has one.</summary>
    /// <exception cref="CheckpointException">The file is not one that this class could have written.</exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    public static (Gpt Gpt, Moments? Moments) Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CheckpointException($"{path}: is a folder");
        }
        using var stream = File.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>Reads the same from a stream.</summary>
    /// <param name="stream">At its beginning.</param>
    /// <param name="source">What messages call it.</param>
    public static (Gpt Gpt, Moments? Moments) Read(Stream stream, string source)
    {
        try
        {
            Require(stream.CanSeek, "is not a file of a known length");
            return Read(stream);
        }
        catch (CheckpointException e)
        {
            throw new CheckpointException($"{source}: {e.Message}");
        }
        catch (EndOfStreamException)
        {
            throw new CheckpointException($"{source}: the file became shorter while it was read");
        }
    }

    static (Gpt, Moments?) Read(Stream stream)
    {
        var header = Safetensors.Read(stream);
        var (tokenizer, config, provenance, random) = CheckpointMetadata.Read(header.Metadata);

        // Checked before anything is allocated: the metadata may claim more than the file holds.
        var needed = (long)config.ParameterCount * (random == null ? 1 : 3);
        var stored = header.Tensors.Sum(tensor => tensor.Rows * tensor.Columns);
        Require(stored == needed, $"the tensors hold {stored} numbers, the configuration needs {needed}");
        var parameters = new Parameters(config);
        var moments = random == null ? null : Moments.Zero(config.ParameterCount);
        var destinations = new Dictionary<string, (Tensor Tensor, double[] Values)>();
        foreach (var tensor in parameters.Tensors)
        {
            destinations.Add(tensor.Name, (tensor, parameters.Values));
            if (moments != null)
            {
                destinations.Add(M + tensor.Name, (tensor, moments.M));
                destinations.Add(V + tensor.Name, (tensor, moments.V));
            }
        }
        // No tensor can be missing: each must be one of these, in its shape, and the total is right.
        foreach (var tensor in header.Tensors)
        {
            Require(destinations.Remove(tensor.Name, out var to), $"tensor {tensor.Name}: this model has no such tensor");
            Require(moments == null || tensor.Dtype == NumbersOf(provenance),
                $"tensor {tensor.Name}: must be {NumbersOf(provenance)} in a file that can be resumed");
            ReadTensor(stream, tensor, to.Tensor, to.Values);
        }
        var canResume = moments != null && provenance.Steps < provenance.Options.Steps;
        return (new(tokenizer, parameters, provenance, random) { CanResume = canResume }, moments);
    }

    // The type that a run computes with, and so must be resumed with.
    static string NumbersOf(Provenance provenance) =>
        provenance.Options.Precision == Precision.Float32 ? "F32" : "F64";

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
                        $"tensor {stored.Name}: {value} at [{row}, {column}]; a mean of squares can't be negative");
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
}
