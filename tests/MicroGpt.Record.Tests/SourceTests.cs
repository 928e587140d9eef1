namespace MicroGpt.Record.Tests;

public class SourceTests
{
    [Fact]
    public void The_source_is_the_file() => Assert.Equal(File.ReadAllText(Repository.TheFile), Source.Text);

    [Fact]
    public void Everything_has_its_lines()
    {
        var lines = File.ReadAllLines(Repository.TheFile);
        var all = Enum.GetValues<Operation>().Select(Source.Of)
            .Concat(Enum.GetValues<Activation>().Select(Source.Of))
            .Concat(Enum.GetValues<ValueOperation>().Select(Source.Of));
        foreach (var place in all)
        {
            var text = place.Text.Split('\n');
            Assert.Equal(place.Last - place.First + 1, text.Length);
            var expected = lines[(place.First - 1)..place.Last].Select(line => line.Trim());
            Assert.Equal(expected, text.Select(line => line.Trim()));
            // Whole constructs: what is opened is closed.
            Assert.Equal(place.Text.Count(c => c == '{'), place.Text.Count(c => c == '}'));
            Assert.Equal(place.Text.Count(c => c == '('), place.Text.Count(c => c == ')'));
        }
    }

    [Theory]
    [InlineData(Operation.AdamStep, "p.Data -=")]
    [InlineData(Operation.Dot, "sum += a[i] * b[i]")]
    [InlineData(Operation.Loss, "1.0 / n * sum")]
    public void An_operation_is_where_it_is_done(Operation operation, string text) =>
        Assert.Contains(text, Source.Of(operation).Text);
}
