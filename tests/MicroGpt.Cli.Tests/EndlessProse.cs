using System.Text;

namespace MicroGpt.Cli.Tests;

/// <summary>
/// Running text without end: sentences whose verb agrees with a subject some words back, in paragraphs. Counting pairs of
/// letters can't learn it.
/// </summary>
static class EndlessProse
{
    static readonly string[] singular = ["fox", "owl", "miller", "queen", "ship", "river", "child", "teacher"];
    static readonly string[] adjectives = ["old", "quiet", "small", "bright", "hungry", "clever", "green", "distant"];
    static readonly string[] verbs = ["see", "follow", "remember", "paint", "need", "help", "fear", "know"];
    static readonly string[] places = ["by the lake", "in the morning", "under the bridge", "at night", "near the wood"];

    public static string Text(int length, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        while (text.Length < length)
        {
            var sentence = Sentence();
            text.Append(char.ToUpperInvariant(sentence[0])).Append(sentence, 1, sentence.Length - 1);
            text.Append(random.Next(6) == 0 ? "\n\n" : random.Next(3) == 0 ? "\n" : " ");
        }
        return text.ToString(0, length);

        string Sentence()
        {
            var (subject, isPlural) = Noun();
            var verb = Pick(verbs) + (isPlural ? "" : "s");
            return $"{subject} {(random.Next(3) == 0 ? Pick(places) + " " : "")}{verb} {Noun().Words}"
                + (random.Next(2) == 0 ? $" {Pick(places)}." : ".");
        }

        (string Words, bool IsPlural) Noun()
        {
            var isPlural = random.Next(2) == 0;
            var adjective = random.Next(2) == 0 ? Pick(adjectives) + " " : "";
            return ($"{(isPlural ? "some" : "the")} {adjective}{Pick(singular)}{(isPlural ? "s" : "")}", isPlural);
        }

        string Pick(string[] words) => words[random.Next(words.Length)];
    }
}
