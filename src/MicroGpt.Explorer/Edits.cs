using System.Globalization;
using MicroGpt.Explorer.Drawing;
using MicroGpt.Record;

namespace MicroGpt.Explorer;

/// <summary>The changes of What if as they stand in the address of the page: weight:420:wte.5.9:0.5;rate:0.02</summary>
public static class Edits
{
    /// <summary>Reads the changes; what can't be read is left out.</summary>
    public static IReadOnlyList<Edit> Parse(Run run, string? text)
    {
        var edits = new List<Edit>();
        foreach (var part in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = part.Split(':');
            Edit? edit = (words[0], words.Length) switch
            {
                ("weight", 4) when Count(words[1]) is int step && Words.Parameter(run, words[2]) is int parameter
                    && Number(words[3]) is double to => new Edit.Weight(step, parameter, to),
                ("rate", 2) when Number(words[1]) is > 0 and double rate => new Edit.LearningRate(rate),
                ("seed", 2) when Count(words[1]) is int seed => new Edit.Seed(seed),
                ("steps", 2) when Count(words[1]) is > 0 and int steps => new Edit.Steps(steps),
                ("head", 2) when Count(words[1]) is > 0 and int head => new Edit.WithoutHead(0, head - 1),
                ("letter", 2) when words[1].Length > 0 => new Edit.WithoutLetter(words[1].EnumerateRunes().First()),
                ("name", 2) => new Edit.WithoutDocument(words[1]),
                ("teach", 3) when Count(words[1]) is > 0 and int step => new Edit.Teach(step, words[2]),
                _ => null,
            };
            if (edit != null)
            {
                edits.Add(edit);
            }
        }
        return edits;
    }

    /// <summary>The changes as text; null if there are none.</summary>
    public static string? Format(Run run, IEnumerable<Edit> edits)
    {
        var parts = edits.Select(edit => edit switch
        {
            Edit.Weight weight => FormattableString.Invariant(
                $"weight:{weight.Step}:{Words.Key(run, run.AddressOf(weight.Parameter))}:{weight.To:R}"),
            Edit.LearningRate rate => FormattableString.Invariant($"rate:{rate.To:R}"),
            Edit.Seed seed => FormattableString.Invariant($"seed:{seed.To}"),
            Edit.Steps steps => FormattableString.Invariant($"steps:{steps.To}"),
            Edit.WithoutHead head => FormattableString.Invariant($"head:{head.Head + 1}"),
            Edit.WithoutLetter letter => $"letter:{letter.Letter}",
            Edit.WithoutDocument name => $"name:{name.Document}",
            Edit.Teach teach => FormattableString.Invariant($"teach:{teach.Step}:{teach.Document}"),
            _ => "",
        });
        var text = string.Join(';', parts);
        return text.Length > 0 ? text : null;
    }

    /// <summary>A change in words.</summary>
    public static string Describe(Run run, Edit edit) => edit switch
    {
        Edit.Weight weight =>
            $"{Words.Title(run, run.AddressOf(weight.Parameter))} set to {Digits.Four(weight.To)} "
            + $"after step {weight.Step}",
        Edit.LearningRate rate => $"learning rate {rate.To.ToString(CultureInfo.InvariantCulture)}",
        Edit.Seed seed => $"seed {seed.To}",
        Edit.Steps steps => $"{Digits.Count(steps.To)} steps",
        Edit.WithoutHead head => $"without head {head.Head + 1}",
        Edit.WithoutLetter letter => $"without names that have {Words.Visible(letter.Letter)}",
        Edit.WithoutDocument name => $"without {name.Document}",
        Edit.Teach teach => $"step {teach.Step} reads {teach.Document}",
        _ => "",
    };

    static int? Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : null;
}
