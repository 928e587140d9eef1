using System.Buffers;
using System.Collections;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace MicroGpt;

/// <summary>What of a text is one document.</summary>
public enum DocumentUnit
{
    /// <summary>A line: for lists, as in the reference.</summary>
    Line,

    /// <summary>What stands between blank lines: for poems, recipes, entries.</summary>
    Paragraph,

    /// <summary>So many characters in a row, wherever they begin and end: for running text.</summary>
    Chunk,
}

/// <summary>
/// The documents a model learns from: the non-empty lines of a text file, its paragraphs or chunks, or any strings. Never
/// empty.
/// </summary>
/// <remarks>
/// A document goes from the first to the last visible character of its line, or its paragraph, as Python's <c>strip</c>
/// leaves it. Blank lines hold no document; they are counted and dropped. A chunk is left as it is.
/// </remarks>
public sealed class Corpus : IReadOnlyList<string>
{
    readonly string[] documents;
    readonly char end = '\n'; // what follows each document in the hash

    /// <summary>Takes the documents from strings, one document each.</summary>
    /// <param name="documents">The documents; a line break inside a string is a character of its document.</param>
    /// <exception cref="InvalidDataException">Nothing but blank strings, or one that is not valid UTF-16.</exception>
    public Corpus(IEnumerable<string> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var kept = new List<string>();
        foreach (var (i, line) in documents.Index())
        {
            ArgumentNullException.ThrowIfNull(line, nameof(documents));
            if (FirstLoneSurrogate(line) is int at)
            {
                throw new InvalidDataException(
                    $"document {i}: U+{(int)line[at]:X4} at {at} is half a surrogate pair, no character");
            }
            Keep(line, kept);
        }
        this.documents = kept.Count > 0 ? [.. kept] : throw new InvalidDataException("the corpus holds no documents");
        Sha256 = HashOf(this.documents, end);
    }

    Corpus(byte[] utf8, string source, DocumentUnit unit, int chunkLength)
    {
        var text = new char[utf8.Length]; // UTF-16 never needs more units than UTF-8 needs bytes
        var status = Utf8.ToUtf16(utf8, text, out var read, out var length, replaceInvalidSequences: false);
        if (status != OperationStatus.Done)
        {
            throw new InvalidDataException($"{source}: invalid UTF-8 at byte {read} (0x{utf8[read]:X2})");
        }
        var kept = new List<string>();
        if (unit == DocumentUnit.Chunk)
        {
            var lines = new string(text, 0, length).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
            KeepChunks(lines, chunkLength, kept);
        }
        else
        {
            KeepLines(text.AsSpan(0, length), unit, kept);
        }
        documents = kept.Count > 0 ? [.. kept] : throw new InvalidDataException($"{source}: holds no documents");
        end = unit == DocumentUnit.Line ? '\n' : '\0';
        Sha256 = unit == DocumentUnit.Line ? Convert.ToHexStringLower(SHA256.HashData(utf8)) : HashOf(documents, end);
    }

    // A part of another corpus, or all of it in another order.
    Corpus(string[] documents, char end)
    {
        (this.documents, this.end) = (documents, end);
        Sha256 = HashOf(documents, end);
    }

    /// <summary>Reads a text file.</summary>
    /// <param name="path">UTF-8; a byte order mark is a character as any other; lines end with \n, \r\n or \r.</param>
    /// <param name="unit">What is a document: each line, if nothing else is said.</param>
    /// <param name="chunkLength">The characters of a <see cref="DocumentUnit.Chunk"/>: the model's block size.</param>
    /// <exception cref="InvalidDataException">Not UTF-8, no documents in it, or a folder.</exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Corpus Load(string path, DocumentUnit unit = DocumentUnit.Line, int chunkLength = 16)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Require(unit, chunkLength);
        if (Directory.Exists(path))
        {
            throw new InvalidDataException($"{path}: is a folder; a corpus is a text file, one document on each line");
        }
        return new Corpus(File.ReadAllBytes(path), path, unit, chunkLength);
    }

    /// <summary>Reads text from a stream to its end.</summary>
    /// <param name="utf8">As the file of <see cref="Load(string, DocumentUnit, int)"/>.</param>
    /// <param name="source">What to call the text where something is wrong with it.</param>
    /// <param name="unit">What is a document.</param>
    /// <param name="chunkLength">The characters of a <see cref="DocumentUnit.Chunk"/>.</param>
    /// <exception cref="InvalidDataException">Not UTF-8, or no documents in it.</exception>
    /// <exception cref="IOException">The stream can't be read.</exception>
    public static Corpus Load(
        Stream utf8, string source, DocumentUnit unit = DocumentUnit.Line, int chunkLength = 16)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        ArgumentException.ThrowIfNullOrEmpty(source);
        Require(unit, chunkLength);
        var bytes = new MemoryStream();
        utf8.CopyTo(bytes);
        return new Corpus(bytes.ToArray(), source, unit, chunkLength);
    }

    /// <summary>How many lines, or strings, held nothing visible; 0 where documents are paragraphs or chunks.</summary>
    public int BlankLines { get; private set; }

    /// <summary>
    /// SHA-256 of the data, 64 hexadecimal digits: of the file's bytes (what <c>sha256sum</c> prints) for a file's lines,
    /// else of the documents in UTF-8, each followed by a line feed, or by a 0 if they are a file's paragraphs or chunks.
    /// </summary>
    public string Sha256 { get; }

    /// <summary>The number of documents, at least 1.</summary>
    public int Count => documents.Length;

    /// <summary>A document.</summary>
    /// <param name="index">From 0, in the order of the file.</param>
    public string this[int index] => documents[index];

    /// <summary>The documents in the order in which a training run visits them.</summary>
    /// <param name="random">Draws the order; with a fresh <c>PythonRandom(42)</c> it is the reference's.</param>
    /// <returns>A shuffled copy; this corpus stays as it is.</returns>
    public string[] Shuffle(PythonRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var shuffled = (string[])documents.Clone();
        random.Shuffle(shuffled.AsSpan());
        return shuffled;
    }

    /// <summary>Sets some documents, drawn at random, aside to measure a model on text it did not learn.</summary>
    /// <param name="validationFraction">The part to set aside, above 0 and below 1; at least one document.</param>
    /// <param name="seed">Which documents; it has nothing to do with the seed of a training run.</param>
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
        var order = Enumerable.Range(0, Count).ToArray();
        new PythonRandom(seed).Shuffle(order.AsSpan());
        var aside = order[..Math.Clamp((int)Math.Round(Count * validationFraction), 1, Count - 1)].ToHashSet();
        return (Part(i => !aside.Contains(i)), Part(aside.Contains));

        Corpus Part(Func<int, bool> belongs) => new([.. documents.Where((_, i) => belongs(i))], end);
    }

    /// <summary>The documents, in the order of the file.</summary>
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

    // A paragraph ends before a blank line, a line document before any line.
    void KeepLines(ReadOnlySpan<char> rest, DocumentUnit unit, List<string> kept)
    {
        var paragraph = new StringBuilder();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny('\r', '\n');
            var line = end < 0 ? rest : rest[..end];
            if (unit == DocumentUnit.Line)
            {
                Keep(line, kept);
            }
            else if (!IsBlank(line))
            {
                paragraph.Append(line).Append('\n');
            }
            else if (paragraph.Length > 0)
            {
                Keep(paragraph.ToString(), kept);
                paragraph.Clear();
            }
            var lineBreak = end < 0 ? 0 : rest[end..].StartsWith("\r\n") ? 2 : 1;
            rest = end < 0 ? [] : rest[(end + lineBreak)..];
        }
        if (paragraph.Length > 0)
        {
            Keep(paragraph.ToString(), kept);
        }
    }

    // The first chunk begins with the text, each other where the one before ended; the last may be shorter.
    static void KeepChunks(string text, int length, List<string> kept)
    {
        var (start, end, characters) = (0, 0, 0);
        foreach (var character in text.EnumerateRunes())
        {
            end += character.Utf16SequenceLength;
            if (++characters == length)
            {
                kept.Add(text[start..end]);
                (start, characters) = (end, 0);
            }
        }
        if (start < end)
        {
            kept.Add(text[start..]);
        }
    }

    static bool IsBlank(ReadOnlySpan<char> line)
    {
        foreach (var character in line)
        {
            if (!IsSpace(character))
            {
                return false;
            }
        }
        return true;
    }

    void Keep(ReadOnlySpan<char> line, List<string> kept)
    {
        var (start, end) = (0, line.Length);
        while (start < end && IsSpace(line[start]))
        {
            start++;
        }
        while (start < end && IsSpace(line[end - 1]))
        {
            end--;
        }
        if (start == end)
        {
            BlankLines++;
        }
        else
        {
            kept.Add(line[start..end].ToString());
        }
    }

    // Python's white space is Unicode's and the four separators U+001C..U+001F.
    static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

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

    static string HashOf(string[] documents, char end)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var document in documents)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(document + end));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
