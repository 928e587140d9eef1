using System.Buffers;
using System.Text.Unicode;

namespace MicroGpt;

/// <summary>The position of a character in a text, counted from 1.</summary>
/// <param name="Line">The line.</param>
/// <param name="Column">The character's position in the line.</param>
public readonly record struct TextPlace(int Line, int Column)
{
    /// <summary>For people: line 3, column 14.</summary>
    public override string ToString() => FormattableString.Invariant($"line {Line}, column {Column}");
}

/// <summary>Decodes a text and splits it into documents, recording where each begins.</summary>
sealed class Utf8Text
{
    const int MaxDocument = 0x3FFFFFDF; // .NET's maximum length of a string, in UTF-16 units

    readonly string source;
    readonly char[] text; // line ends are \n
    readonly int length;
    TextPlace place = new(1, 1); // of the character at the position below
    int position;

    /// <exception cref="InvalidDataException">Not UTF-8; the message names the place.</exception>
    public Utf8Text(ReadOnlySpan<byte> utf8, string source)
    {
        this.source = source;
        text = new char[utf8.Length]; // UTF-16 never needs more units than UTF-8 needs bytes
        var status = Utf8.ToUtf16(utf8, text, out var read, out length, replaceInvalidSequences: false);
        if (status != OperationStatus.Done)
        {
            throw new InvalidDataException(
                $"{source}: {PlaceOf(utf8[..read])}: invalid UTF-8 at byte {read} (0x{utf8[read]:X2})");
        }
        length = NormalizeLineEnds(text, length);
    }

    /// <summary>The documents, in text order.</summary>
    public List<string> Documents { get; } = [];

    /// <summary>Where each begins.</summary>
    public List<TextPlace> Places { get; } = [];

    /// <summary>The number of blank lines.</summary>
    public int BlankLines { get; private set; }

    /// <summary>Whether Python's <c>strip</c> removes it: Unicode white space and U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>From the first to the last visible character.</summary>
    public static Range Strip(ReadOnlySpan<char> text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }
        while (start < end && IsSpace(text[end - 1]))
        {
            end--;
        }
        return start..end;
    }

    public void SplitLines()
    {
        for (var start = 0; start < length;)
        {
            var end = EndOfLine(start);
            if (!Keep(start, end))
            {
                BlankLines++;
            }
            start = end + 1;
        }
    }

    public void SplitParagraphs()
    {
        var paragraph = 0; // where the current one begins
        for (var start = 0; start < length;)
        {
            var end = EndOfLine(start);
            var line = text.AsSpan(start, end - start);
            if (Strip(line) is var visible && visible.Start.Equals(visible.End))
            {
                Keep(paragraph, start);
                paragraph = end + 1;
            }
            start = end + 1;
        }
        Keep(Math.Min(paragraph, length), length);
    }

    /// <summary>Splits the text into consecutive chunks; the last may be shorter.</summary>
    public void SplitChunks(int characters)
    {
        for (var start = 0; start < length;)
        {
            var end = start;
            for (var count = 0; count < characters && end < length; count++)
            {
                end += char.IsHighSurrogate(text[end]) ? 2 : 1;
            }
            Add(start, end);
            start = end;
        }
    }

    // Adds a document without surrounding white space; false if nothing is left.
    bool Keep(int start, int end)
    {
        var visible = Strip(text.AsSpan(start, end - start));
        if (visible.Start.Equals(visible.End))
        {
            return false;
        }
        Add(start + visible.Start.Value, start + visible.End.Value);
        return true;
    }

    void Add(int start, int end)
    {
        for (; position < start; position++)
        {
            place = text[position] == '\n' ? new(place.Line + 1, 1)
                : char.IsLowSurrogate(text[position]) ? place : place with { Column = place.Column + 1 };
        }
        if (end - start > MaxDocument)
        {
            throw new InvalidDataException(
                $"{source}: {place}: a document of {end - start:N0} characters; a string holds at most {MaxDocument:N0}");
        }
        Documents.Add(new(text, start, end - start));
        Places.Add(place);
    }

    int EndOfLine(int start) =>
        text.AsSpan(start, length - start).IndexOf('\n') is >= 0 and var at ? start + at : length;

    // \r\n and \r become \n, in place.
    static int NormalizeLineEnds(char[] text, int length)
    {
        var to = text.AsSpan(0, length).IndexOf('\r');
        if (to < 0)
        {
            return length;
        }
        for (var from = to; from < length; from++)
        {
            var isCrLf = text[from] == '\r' && from + 1 < length && text[from + 1] == '\n';
            if (!isCrLf)
            {
                text[to++] = text[from] == '\r' ? '\n' : text[from];
            }
        }
        return to;
    }

    // The position of the byte that follows this valid text.
    static TextPlace PlaceOf(ReadOnlySpan<byte> before)
    {
        var (line, column) = (1, 1);
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i] == '\n' || (before[i] == '\r' && !(i + 1 < before.Length && before[i + 1] == '\n')))
            {
                (line, column) = (line + 1, 1);
            }
            else if ((before[i] & 0xC0) != 0x80) // not the continuation of a character
            {
                column++;
            }
        }
        return new(line, column);
    }
}
