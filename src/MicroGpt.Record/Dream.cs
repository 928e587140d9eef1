namespace MicroGpt.Record;

/// <summary>A document that the model drew.</summary>
/// <param name="Text">What <c>microgpt sample --seed</c> prints first for these dice.</param>
/// <param name="IsInData">Whether it is one of the training documents, so not new.</param>
public sealed record Dream(string Text, bool IsInData)
{
    internal static Dream Of(Gpt model, long dice, double temperature, Func<string, bool> isInData)
    {
        var text = model.Generate(dice, new() { Temperature = temperature }).First();
        return new(text, isInData(text));
    }
}
