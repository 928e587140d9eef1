using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroGpt.Cli;

/// <summary>Recognizes texts that are not what they are read as: tables, HTML, XML, JSON, prose read as a list.</summary>
static partial class TextKind
{
    const int LinesToLookAt = 1000;

    /// <summary>A note if the text seems to be one of these.</summary>
    public static string? Note(Corpus corpus, string source)
    {
        var (first, last) = (corpus[0].TrimStart('\ufeff'), corpus[corpus.Count - 1]);
        if (first.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || first.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
        {
            return $"{source} looks like HTML: its tags are learned with its text";
        }
        if (first.StartsWith("<?xml", StringComparison.Ordinal))
        {
            return $"{source} looks like XML: its tags are learned with its text";
        }
        if (first is ("{" or "[" or ['{', '"', ..] or ['[', '{' or '"', ..]) && last[^1] is '}' or ']')
        {
            return $"{source} looks like JSON: its brackets and quotes are learned with its text";
        }
        if (corpus.Reading.Unit != DocumentUnit.Line)
        {
            return null;
        }
        var lines = corpus.Take(LinesToLookAt).ToArray();
        return TableNote(lines, source) ?? (!IsProse(lines) ? null
            : $"{source} looks like running text, and each line is learned by itself: --documents chunks reads on");
    }

    // Sentences end within lines, and go on in the next: one line in twenty, and one in four.
    static bool IsProse(string[] lines)
    {
        var ends = lines.Count(line => SentenceEnd().IsMatch(line));
        var goesOn = lines.Zip(lines.Skip(1)).Count(pair =>
            char.IsLower(pair.Second[0]) && pair.First[^1] is not ('.' or '!' or '?' or ':' or ';'));
        return lines.Length >= 20 && ends >= lines.Length / 20.0 && goesOn >= lines.Length / 4.0;
    }

    [GeneratedRegex(@"\p{L}[.!?]\W?\s+\W?\p{Lu}")]
    private static partial Regex SentenceEnd();

    static string? TableNote(string[] lines, string source)
    {
        foreach (var (separator, name) in new[] { ('\t', "tabs"), (',', "commas"), (';', "semicolons") })
        {
            var rows = Array.ConvertAll(lines, line => Fields(line, separator));
            if (rows.Length < 2 || rows[0].Count < 2 || rows.Any(row => row.Count != rows[0].Count))
            {
                continue;
            }
            var (header, quoted) = (HasHeader(rows), rows.Any(row => row.Exists(IsQuoted)));
            if (header || quoted || separator == '\t')
            {
                var also = (header, quoted) switch
                {
                    (true, true) => ", its header and its quotes",
                    (true, false) => " and its header",
                    (false, true) => " and its quotes",
                    _ => "",
                };
                return $"{source} looks like a table of {rows[0].Count} columns: "
                    + $"each line is learned whole, with its {name}{also}";
            }
        }
        return lines.Length > 1 && lines.Skip(1).All(IsQuoted)
            ? $"{source} looks like a column of a table: its quotes are learned with its text" : null;
    }

    // Whether a column of numbers has a word at the top.
    static bool HasHeader(List<string>[] rows) => Enumerable.Range(0, rows[0].Count).Any(column =>
        !IsNumber(rows[0][column]) && rows[0][column].Any(char.IsLetter)
        && rows.Skip(1).All(row => IsNumber(row[column])));

    static bool IsNumber(string field) =>
        double.TryParse(field.Trim().Trim('"'), NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    static bool IsQuoted(string field) => field.Trim() is ['"', _, .., '"'];

    // Separators between quotes do not count.
    static List<string> Fields(string line, char separator)
    {
        var (fields, start, quoted) = (new List<string>(), 0, false);
        for (var i = 0; i < line.Length; i++)
        {
            quoted ^= line[i] == '"';
            if (line[i] == separator && !quoted)
            {
                fields.Add(line[start..i]);
                start = i + 1;
            }
        }
        fields.Add(line[start..]);
        return fields;
    }
}
