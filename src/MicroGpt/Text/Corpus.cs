using System.Collections;
using System.Text;

namespace MicroGpt;

/// <summary>
/// The documents a model learns from: a text file's non-empty lines, paragraphs or chunks, or any strings. Never empty.
/// </summary>
/// <remarks>
/// White space around a line or a paragraph is removed, as by Python's <c>strip</c>. Blank lines are dropped and counted.
/// Chunks keep their white space.
/// </remarks>
public sealed class Corpus : IReadOnlyList<string>
{
    readonly string[] documents;
    readonly TextPlace[] places; // where each document begins
    readonly byte end = (byte)'\n'; // terminates each document in the hash

    /// <summary>Makes each string one document.</summary>
    /// <param name="documents">The documents; a line break in a string belongs to its document.</param>
    /// <exception cref="InvalidDataException">All strings are blank, or one is not valid UTF-16.</exception>
    public Corpus(IEnumerable<string> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var (kept, at) = (new List<string>(), new List<TextPlace>());
        foreach (var (i, text) in documents.Index())
        {
            ArgumentNullException.ThrowIfNull(text, nameof(documents));
            if (FirstLoneSurrogate(text) is int unit)
            {
                throw new InvalidDataException(
                    $"document {i}: U+{(int)text[unit]:X4} at {unit} is half a surrogate pair, not a character");
            }
            var visible = text[Utf8Text.Strip(text)];
            if (visible.Length > 0)
            {
                kept.Add(visible);
                at.Add(new(i + 1, 1));
            }
            else
            {
                BlankLines++;
            }
        }
        this.documents = kept.Count > 0 ? [.. kept] : throw new InvalidDataException("the corpus holds no documents");
        places = [.. at];
        Sha256 = HashOf(this.documents, end);
    }

    Corpus(ReadOnlySpan<byte> utf8, string source, DocumentUnit unit, int chunkLength)
    {
        var text = new Utf8Text(utf8, source);
        switch (unit)
        {
            case DocumentUnit.Line: text.SplitLines(); break;
            case DocumentUnit.Paragraph: text.SplitParagraphs(); break;
            default: text.SplitChunks(chunkLength); break;
        }
        documents = text.Documents.Count > 0
            ? [.. text.Documents] : throw new InvalidDataException($"{source}: holds no documents");
        (places, BlankLines) = ([.. text.Places], text.BlankLines);
        Reading = new(unit, unit == DocumentUnit.Chunk ? chunkLength : 0);
        end = unit == DocumentUnit.Line ? (byte)'\n' : (byte)0;
        Sha256 = unit == DocumentUnit.Line ? Sha256Hash.Of(utf8) : HashOf(documents, end);
    }

    // A subset of another corpus.
    Corpus(Corpus whole, int[] chosen, TextReading reading)
    {
        documents = Array.ConvertAll(chosen, i => whole.documents[i]);
        places = Array.ConvertAll(chosen, i => whole.places[i]);
        (end, Reading) = (whole.end, reading);
        Sha256 = HashOf(documents, end);
    }

    /// <summary>Reads a text file.</summary>
    /// <param name="path">UTF-8; a byte order mark counts as a character; lines end with \n, \r\n or \r.</param>
    /// <param name="unit">How it is split into documents.</param>
    /// <param name="chunkLength">Characters in a <see cref="DocumentUnit.Chunk"/>; usually the block size.</param>
    /// <exception cref="InvalidDataException">
    /// The file is not UTF-8 (the message says where), has no documents, is too large for an array, or is a folder.
    /// </exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static Corpus Load(string path, DocumentUnit unit = DocumentUnit.Line, int chunkLength = 16)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Require(unit, chunkLength);
        if (Directory.Exists(path))
        {
            throw new InvalidDataException($"{path}: is a folder; a corpus is a text file, one document on each line");
        }
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
        return Load(file, path, unit, chunkLength);
    }

    /// <summary>Reads text from a stream to its end.</summary>
    /// <param name="utf8">As for <see cref="Load(string, DocumentUnit, int)"/>.</param>
    /// <param name="source">What messages call the text.</param>
    /// <param name="unit">How it is split into documents.</param>
    /// <param name="chunkLength">Characters in a <see cref="DocumentUnit.Chunk"/>.</param>
    /// <exception cref="InvalidDataException">
    /// The text is not UTF-8 (the message says where), has no documents, or is too large for an array.
    /// </exception>
    /// <exception cref="IOException">The stream can't be read.</exception>
    public static Corpus Load(
        Stream utf8, string source, DocumentUnit unit = DocumentUnit.Line, int chunkLength = 16)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        ArgumentException.ThrowIfNullOrEmpty(source);
        Require(unit, chunkLength);
        return new Corpus(ReadAll(utf8, source), source, unit, chunkLength);
    }

    /// <summary>The number of blank lines or strings; 0 for paragraphs and chunks.</summary>
    public int BlankLines { get; private set; }

    /// <summary>
    /// The data's SHA-256 as 64 hexadecimal digits. For the lines of a file it is the hash of the file, as printed by
    /// <c>sha256sum</c>. Otherwise it is the hash of the documents in UTF-8, each terminated by a line feed, or by a zero
    /// byte for a file's paragraphs and chunks; if a document contains that terminator, by 0xFF, which UTF-8 never uses.
    /// </summary>
    public string Sha256 { get; }

    /// <summary>How the text was split into these documents.</summary>
    public TextReading Reading { get; } = new();

    /// <summary>The position of a document's character in the text. Each string counts as a line.</summary>
    /// <param name="index">The document's index.</param>
    /// <param name="character">The character's index in the document, in code points.</param>
    public TextPlace PlaceOf(int index, int character = 0)
    {
        var place = places[index];
        foreach (var rune in documents[index].EnumerateRunes().Take(character))
        {
            place = rune.Value == '\n' ? new(place.Line + 1, 1) : place with { Column = place.Column + 1 };
        }
        return place;
    }

    /// <summary>The number of documents, at least 1.</summary>
    public int Count => documents.Length;

    /// <summary>A document.</summary>
    /// <param name="index">Counted from 0, in file order.</param>
    public string this[int index] => documents[index];

    /// <summary>The documents; but chunks that follow each other in the text are joined again.</summary>
    public IReadOnlyList<string> RunningText()
    {
        if (Reading.Unit != DocumentUnit.Chunk)
        {
            return documents;
        }
        var (texts, text) = (new List<string>(), new StringBuilder());
        for (var i = 0; i < Count; i++)
        {
            if (i > 0 && PlaceOf(i - 1, int.MaxValue) != places[i])
            {
                texts.Add(text.ToString());
                text.Clear();
            }
            text.Append(documents[i]);
        }
        texts.Add(text.ToString());
        return texts;
    }

    /// <summary>Some of the documents, by their indices.</summary>
    internal Corpus Subset(int[] chosen) => new(this, chosen, Reading);

    /// <summary>
    /// Holds out one equal part after the other: random documents, because lists are often sorted, but chunks that
    /// follow each other.
    /// </summary>
    /// <param name="parts">How many parts there are.</param>
    /// <param name="count">How many of them are held out in turn.</param>
    /// <param name="seed">Chooses the documents.</param>
    /// <returns>The rest and the part, each in the order of this corpus.</returns>
    internal IEnumerable<(Corpus Train, Corpus HeldOut)> HoldOutInTurn(int parts, int count, long seed)
    {
        var order = Reading.Unit == DocumentUnit.Chunk ? [.. Enumerable.Range(0, Count)] : Order(new(seed));
        for (var part = 0; part < count; part++)
        {
            var (from, to) = ((int)((long)part * Count / parts), (int)((part + 1L) * Count / parts));
            int[] train = [.. order[..from], .. order[to..]], heldOut = order[from..to];
            Array.Sort(train);
            Array.Sort(heldOut);
            yield return (Subset(train), Subset(heldOut));
        }
    }

    /// <summary>The indices of the documents in training order; <c>PythonRandom(42)</c> gives the reference's.</summary>
    internal int[] Order(PythonRandom random)
    {
        var order = Enumerable.Range(0, Count).ToArray();
        random.Shuffle(order.AsSpan());
        return order;
    }

    /// <summary>The documents in training order.</summary>
    internal string[] Shuffle(PythonRandom random) => Array.ConvertAll(Order(random), i => documents[i]);

    /// <summary>Holds out random documents, to validate a model on text it has not seen.</summary>
    /// <param name="validationFraction">The fraction to hold out, above 0 and below 1; at least one document.</param>
    /// <param name="seed">Chooses the documents; independent of the training seed.</param>
    /// <returns>Both parts, each in the order of this corpus.</returns>
    /// <exception cref="InvalidOperationException">There is only one document.</exception>
    public (Corpus Train, Corpus Validation) Split(double validationFraction, long seed)
    {
        if (!(validationFraction > 0 && validationFraction < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(validationFraction), validationFraction, "must be above 0 and below 1");
        }
        if (Count < 2)
        {
            throw new InvalidOperationException("one document can't be split");
        }
        var order = Order(new(seed));
        var heldOut = order[..Math.Clamp((int)Math.Round(Count * validationFraction), 1, Count - 1)];
        var (train, validation) = (order[heldOut.Length..], heldOut);
        Array.Sort(train);
        Array.Sort(validation);
        var reading = Reading with { ValidationFraction = validationFraction, ValidationSeed = seed };
        return (new(this, train, reading), new(this, validation, reading));
    }

    /// <summary>The documents, in file order.</summary>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)documents).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    static void Require(DocumentUnit unit, int chunkLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkLength, 1);
        if (!Enum.IsDefined(unit))
        {
            throw new ArgumentOutOfRangeException(nameof(unit), unit, "there is no such unit");
        }
    }

    // Reads a stream to its end, in however many pieces it arrives.
    static ReadOnlySpan<byte> ReadAll(Stream stream, string source)
    {
        var rest = stream.CanSeek ? stream.Length - stream.Position : 0;
        var bytes = new byte[Math.Clamp(rest + 1, 1 << 12, Array.MaxLength)];
        var length = 0;
        while (stream.Read(bytes, length, bytes.Length - length) is > 0 and var read)
        {
            length += read;
            if (length == bytes.Length)
            {
                if (length == Array.MaxLength)
                {
                    throw new InvalidDataException($"{source}: has {length:N0} bytes or more; a text must be smaller");
                }
                Array.Resize(ref bytes, (int)Math.Min(2L * length, Array.MaxLength));
            }
        }
        return bytes.AsSpan(0, length);
    }

    static int? FirstLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])))
            {
                return i;
            }
            i += char.IsSurrogate(text[i]) ? 1 : 0;
        }
        return null;
    }

    static string HashOf(string[] documents, byte end)
    {
        if (Array.Exists(documents, document => document.Contains((char)end, StringComparison.Ordinal)))
        {
            end = 0xFF;
        }
        var hash = new Sha256Hash();
        foreach (var document in documents)
        {
            hash.Append(Encoding.UTF8.GetBytes(document));
            hash.Append([end]);
        }
        return hash.End();
    }
}
