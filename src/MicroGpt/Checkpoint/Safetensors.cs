using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using static MicroGpt.CheckpointException;

namespace MicroGpt;

/// <summary>A matrix [Rows, Columns] in a safetensors file: its type, and its range of bytes in the data.</summary>
internal sealed record StoredTensor(string Name, string Dtype, long Rows, long Columns, long Begin, long End);

/// <summary>
/// The header of a safetensors file. A file is the header's length (8 bytes, little-endian), the header (JSON) and the
/// data, which the tensors fill one after the other, without gaps.
/// </summary>
/// <param name="Metadata">Strings by name, the file's <c>__metadata__</c>.</param>
/// <param name="Tensors">In the order of their data.</param>
internal sealed record Safetensors(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<StoredTensor> Tensors)
{
    /// <summary>The value of <c>format</c> in the metadata of every file read or written here.</summary>
    public const string Format = "microgpt";

    const string MetadataKey = "__metadata__";
    const long MaxHeader = 100_000_000; // the limit of the format's own implementation

    static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The size of a number in bytes; null if the type is not supported.</summary>
    public static int? SizeOf(string dtype) => dtype switch { "F64" => 8, "F32" => 4, _ => null };

    /// <summary>Writes the header; the data must follow, in the order of <see cref="Tensors"/>.</summary>
    public void Write(Stream stream)
    {
        var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, Plain))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(MetadataKey);
            foreach (var (key, value) in Metadata)
            {
                writer.WriteString(key, value);
            }
            writer.WriteEndObject();
            foreach (var tensor in Tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", tensor.Dtype);
                Pair("shape", tensor.Rows, tensor.Columns);
                Pair("data_offsets", tensor.Begin, tensor.End);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();

            void Pair(string name, long first, long second)
            {
                writer.WriteStartArray(name);
                writer.WriteNumberValue(first);
                writer.WriteNumberValue(second);
                writer.WriteEndArray();
            }
        }
        while (json.Length % 8 != 0)
        {
            json.WriteByte((byte)' '); // aligns the numbers
        }
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        stream.Write(length);
        json.WriteTo(stream);
    }

    /// <summary>Reads the header and checks every rule of the format; the data follows in the stream.</summary>
    /// <exception cref="CheckpointException">A rule is broken.</exception>
    public static Safetensors Read(Stream stream)
    {
        var fileLength = stream.Length;
        Require(fileLength >= 8, $"not a safetensors file: {fileLength} bytes, too few for a header length");
        Span<byte> prefix = stackalloc byte[8];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        Require(length <= (ulong)(fileLength - 8),
            $"not a safetensors file, or cut short: the header length {length} is more than the file has left");
        Require(length <= MaxHeader, $"the header length {length} is more than {MaxHeader}");
        var header = new byte[length];
        stream.ReadExactly(header);
        Require(header.AsSpan().StartsWith("{"u8), "the header must begin with {");
        Require(Utf8.IsValid(header), "the header is not UTF-8");
        try
        {
            using var json = JsonDocument.Parse(header);
            return Read(json.RootElement, fileLength - 8 - (long)length);
        }
        // InvalidOperationException: an escaped half of a surrogate pair, valid JSON but not valid text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"the header is not valid JSON: {e.Message}");
        }
    }

    static Safetensors Read(JsonElement header, long dataLength)
    {
        // JsonDocument can look for duplicates too, but draws a number for its hashes from OpenSSL, and ends the program
        // where there is none.
        var names = new HashSet<string>();
        foreach (var property in header.EnumerateObject())
        {
            Require(names.Add(property.Name), $"the header has {property.Name} twice");
        }
        var metadata = new Dictionary<string, string>();
        if (header.TryGetProperty(MetadataKey, out var entries))
        {
            Require(entries.ValueKind == JsonValueKind.Object, $"{MetadataKey} is not an object");
            foreach (var entry in entries.EnumerateObject())
            {
                Require(entry.Value.ValueKind == JsonValueKind.String, $"{MetadataKey}: {entry.Name} is not a string");
                Require(metadata.TryAdd(entry.Name, entry.Value.GetString()!), $"{MetadataKey} has {entry.Name} twice");
            }
        }
        // Checked before the tensors, which in other models may have unsupported types and shapes.
        Require(metadata.GetValueOrDefault("format") == Format,
            $"not a microgpt model: the metadata's format is not {Format}");
        var tensors = header.EnumerateObject().Where(property => property.Name != MetadataKey)
            .Select(property => ReadTensor(property.Name, property.Value)).ToList();
        tensors.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        var end = 0L;
        foreach (var tensor in tensors)
        {
            var gap = tensor.Begin > end ? "leaves a gap after" : "overlaps the bytes before";
            Require(tensor.Begin == end, $"tensor {tensor.Name}: begins at {tensor.Begin} and {gap} {end}");
            Require(tensor.End <= dataLength,
                $"tensor {tensor.Name}: ends at {tensor.End}, the data has only {dataLength} bytes");
            end = tensor.End;
        }
        Require(end == dataLength, $"the tensors end at {end}, the data at {dataLength}");
        return new(metadata, tensors);
    }

    static StoredTensor ReadTensor(string name, JsonElement entry)
    {
        Require(entry.ValueKind == JsonValueKind.Object, $"tensor {name}: is not described by an object");
        var keys = entry.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal);
        Require(keys.SequenceEqual(["data_offsets", "dtype", "shape"]),
            $"tensor {name}: must have dtype, shape and data_offsets, and nothing else");
        var type = entry.GetProperty("dtype");
        Require(type.ValueKind == JsonValueKind.String, $"tensor {name}: dtype is not a string");
        var dtype = type.GetString()!;
        var size = SizeOf(dtype);
        Require(size != null, $"tensor {name}: has dtype {dtype}; only F64 and F32 are supported");
        var (rows, columns) = Pair("shape", "[rows, columns]");
        var (begin, end) = Pair("data_offsets", "[begin, end]");
        Require(begin <= end, $"tensor {name}: ends at {end} before it begins at {begin}");
        Require((Int128)rows * columns * size == end - begin,
            $"tensor {name}: shape [{rows}, {columns}] of {dtype} does not match its {end - begin} bytes");
        return new(name, dtype, rows, columns, begin, end);

        (long, long) Pair(string key, string meaning)
        {
            var pair = entry.GetProperty(key);
            Require(pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2,
                $"tensor {name}: {key} is not {meaning}");
            return (Number(pair[0]), Number(pair[1]));

            long Number(JsonElement element)
            {
                var value = -1L;
                Require(element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value) && value >= 0,
                    $"tensor {name}: {key}: {element} is not a whole number from 0 to {long.MaxValue}");
                return value;
            }
        }
    }
}
