using System.Globalization;

namespace MicroGpt.Record;

/// <summary>
/// Reads what visitors bring. What can't be read is refused in the words of <see cref="Corpus"/> and
/// <see cref="Gpt.Load(Stream, string)"/>; what is too large for a page is refused before it is read.
/// </summary>
public static class OwnData
{
    /// <summary>The most bytes of a list.</summary>
    public const int MaxListBytes = 256 << 10;

    /// <summary>The most lines of a list.</summary>
    public const int MaxLines = 50_000;

    /// <summary>The most bytes of a model file.</summary>
    public const int MaxModelBytes = 16 << 20;

    /// <summary>Reads a list: a document on each line.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">The list can't be read, or is too long; the message says why.</exception>
    public static Corpus ReadList(byte[] utf8, string name)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        RequireSize(utf8, MaxListBytes, name, "list");
        var lines = utf8.AsSpan().Count((byte)'\n');
        return lines <= MaxLines ? Corpus.Load(new MemoryStream(utf8), name) : throw new InvalidDataException(
            string.Create(CultureInfo.InvariantCulture,
                $"{name}: has {lines:N0} lines; a page takes up to {MaxLines:N0}"));
    }

    /// <summary>Reads a model that <c>microgpt train</c> saved.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="CheckpointException">The file is not a valid checkpoint; the message says why.</exception>
    /// <exception cref="InvalidDataException">The file is too large.</exception>
    public static Gpt ReadModel(byte[] file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        RequireSize(file, MaxModelBytes, name, "model");
        return Gpt.Load(new MemoryStream(file), name);
    }

    static void RequireSize(byte[] file, int most, string name, string kind)
    {
        if (file.Length > most)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"{name}: has {file.Length:N0} bytes; a page takes a {kind} of up to {most:N0}"));
        }
    }
}
